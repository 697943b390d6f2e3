import type { Counter, Gauge } from 'prom-client'
import { STATES } from '../health/server-health.ts'
import type { GuardView, PieceView, ServerView } from '../view.ts'
import type { Instruments } from './instruments.ts'

const DAY_MS = 24 * 3_600_000

/** What the guard knows at the moment of a scrape. */
export class ViewMetrics {
  readonly #active: Gauge
  readonly #ready: Gauge
  readonly #allDown: Gauge
  readonly #state: Gauge
  readonly #wantedWeight: Gauge
  readonly #expiry: Gauge
  readonly #daysLeft: Gauge
  readonly #pathOk: Gauge
  readonly #repairs: Counter

  constructor(make: Instruments, servers: readonly string[]) {
    this.#active = make.gauge('lvscare_active', '1 for the guard that writes, 0 for one that stands by')
    this.#ready = make.gauge('lvscare_ready', '1 while the path is true')
    this.#allDown = make.gauge('lvscare_all_down', '1 while no server is healthy')
    this.#state = make.gauge('lvscare_server_state', '1 for the state that the server is in', [
      'server',
      'state',
    ])
    this.#wantedWeight = make.gauge(
      'lvscare_server_wanted_weight',
      'Weight that the rule should give the server, 0 when it should be no member',
      ['server'],
    )
    this.#expiry = make.gauge(
      'lvscare_server_certificate_expiry_timestamp_seconds',
      'Unix time at which the certificate of the server ends',
      ['server'],
    )
    // Not "days_left": promtool wants seconds wherever it sees a unit that is not one.
    this.#daysLeft = make.gauge(
      'lvscare_server_certificate_daysleft',
      'Days until the certificate of the server ends, negative when it has',
      ['server'],
    )
    this.#pathOk = make.gauge('lvscare_path_ok', '1 while this piece of the path is true', ['piece'])
    this.#repairs = make.counter('lvscare_repairs_total', 'What somebody else broke and was mended', [
      'piece',
    ])
    for (const server of servers) this.#setServer(server, undefined)
  }

  /** Shows this view; `wallMs` is the Unix time in milliseconds. */
  update(view: GuardView, wallMs: number): void {
    this.#active.set(view.active ? 1 : 0)
    this.#ready.set(view.ready ? 1 : 0)
    this.#allDown.set(view.allDown ? 1 : 0)
    for (const server of view.servers) {
      this.#setServer(server.server, server)
      this.#setCertificate(server, wallMs)
    }
    for (const piece of view.pieces) this.#setPiece(piece)
  }

  #setServer(server: string, view: ServerView | undefined): void {
    for (const state of STATES)
      this.#state.set({ server, state }, state === (view?.state ?? 'unknown') ? 1 : 0)
    this.#wantedWeight.set({ server }, view?.wantedWeight ?? 0)
  }

  /** There is no number that would mean "not seen yet": until the first handshake there is no series. */
  #setCertificate({ server, certificate }: ServerView, wallMs: number): void {
    if (certificate === undefined || Number.isNaN(certificate.expiresMs)) return
    this.#expiry.set({ server }, certificate.expiresMs / 1000)
    this.#daysLeft.set({ server }, (certificate.expiresMs - wallMs) / DAY_MS)
  }

  #setPiece({ piece, ok, repairs }: PieceView): void {
    this.#pathOk.set({ piece }, ok ? 1 : 0)
    this.#repairs.remove({ piece })
    this.#repairs.inc({ piece }, repairs)
  }
}
