import type { Counter, Gauge } from 'prom-client'
import type { SentinelView } from '../probe/suspicion.ts'
import { RESET_CAUSES, type ResetCause } from '../reset/resets.ts'
import type { ServerView } from '../view.ts'
import type { Instruments } from './instruments.ts'

const PROVED = ['true', 'false'] as const

/** What the sentinels see, and what becomes of connections. */
export class FailoverMetrics {
  readonly #suspicions: Counter
  readonly #handshakes: Counter
  readonly #resets: Counter
  readonly #wait: Gauge
  readonly #connected: Gauge

  constructor(make: Instruments, servers: readonly string[]) {
    this.#suspicions = make.counter(
      'lvscare_suspicions_total',
      'Suspicions of the sentinel, by whether they proved true',
      ['server', 'proved'],
    )
    this.#handshakes = make.counter('lvscare_tls_handshakes_total', 'TLS handshakes with the server', [
      'server',
    ])
    this.#resets = make.counter(
      'lvscare_connections_reset_total',
      'Connections of this node to the server that were ended, by cause',
      ['server', 'cause'],
    )
    this.#wait = make.gauge(
      'lvscare_sentinel_wait_seconds',
      'How much longer than usual the sentinel waits, because suspicions proved false',
      ['server'],
    )
    this.#connected = make.gauge(
      'lvscare_sentinel_connected',
      '1 while a connection to the server is watched',
      ['server'],
    )
    for (const server of servers) this.#begin(server)
  }

  /** Counts a suspicion that has ended. */
  observeSuspicion(server: string, confirmed: boolean): void {
    this.#suspicions.inc({ server, proved: String(confirmed) })
  }

  /** Counts one TLS handshake. */
  observeHandshake(server: string): void {
    this.#handshakes.inc({ server })
  }

  /** Counts connections that were ended. */
  observeReset(server: string, cause: ResetCause, count: number): void {
    this.#resets.inc({ server, cause }, count)
  }

  /** Shows what the sentinel of a server does at this moment. */
  update({ server, sentinel }: ServerView): void {
    this.#show(server, sentinel)
  }

  #begin(server: string): void {
    for (const proved of PROVED) this.#suspicions.inc({ server, proved }, 0)
    for (const cause of RESET_CAUSES) this.#resets.inc({ server, cause }, 0)
    this.#handshakes.inc({ server }, 0)
    this.#show(server, undefined)
  }

  #show(server: string, sentinel: SentinelView | undefined): void {
    this.#wait.set({ server }, (sentinel?.waitMs ?? 0) / 1000)
    this.#connected.set({ server }, sentinel === undefined || sentinel.watches === 'none' ? 0 : 1)
  }
}
