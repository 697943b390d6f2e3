import type { HealthConfig } from '../config-health.ts'
import { type Verdict, verdictOfStatus } from '../health/verdict.ts'
import { type Clock, monotonic, withDeadline } from '../time.ts'
import type { CertificateInfo } from './certificate.ts'
import { Connection, type Question } from './connection.ts'
import { isClosedConnection, verdictOfFailure } from './reason.ts'
import type { TlsTrust } from './trust.ts'

/** What is asked of a server, and how. */
export interface ProbeOptions {
  /** Such as `https://192.0.2.1:6443`. */
  readonly origin: string
  readonly health: Question & Pick<HealthConfig, 'statuses' | 'timeoutMs'>
  /** Asked before each probe over TLS; another object than before means: make a new connection. */
  readonly trust: () => TlsTrust
  /** Takes what the server shows in each TLS handshake, whether it is accepted or not. */
  readonly onCertificate?: (info: CertificateInfo) => void
  readonly clock?: Clock
}

/** How one probe differs from the usual one. */
export interface ProbeRequest {
  /** Do not use the kept-alive connection: what it says about the server may be old. */
  readonly fresh?: boolean
  /** A shorter limit than usual, in milliseconds. */
  readonly timeoutMs?: number
}

/**
 * A connection is not kept longer than this, in milliseconds: it goes on working when new ones fail, because the
 * server's certificate has ended, and does not see that it was renewed.
 */
const MAX_AGE_MS = 3_600_000

/** Asks one server, over one connection that is kept between probes. */
export class Prober {
  readonly #options: ProbeOptions
  readonly #clock: Clock
  #current:
    | { readonly connection: Connection; readonly trust: TlsTrust | undefined; readonly ms: number }
    | undefined

  constructor(options: ProbeOptions) {
    this.#options = options
    this.#clock = options.clock ?? monotonic
  }

  /** One verdict. Rejects only when `signal` is aborted, with its reason. */
  async probe(signal: AbortSignal, request: ProbeRequest = {}): Promise<Verdict> {
    const start = this.#clock()
    const { timeoutMs, statuses } = this.#options.health
    const limitMs = Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, timeoutMs)
    const elapsed = (): number => Math.round(this.#clock() - start)
    const trust = this.#trust()
    if (request.fresh || this.#isStale(trust, start)) await this.#drop()
    try {
      const status = await withDeadline(signal, limitMs, (deadline) =>
        this.#askAgainIfClosed(trust, deadline),
      )
      return verdictOfStatus(status, elapsed(), statuses)
    } catch (error) {
      const phase = this.#current?.connection.phase
      await this.#drop()
      signal.throwIfAborted()
      return verdictOfFailure(error, elapsed(), phase === undefined ? undefined : { phase, limitMs })
    }
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.#drop()
  }

  /** A kept-alive connection that turns out closed says nothing of the server: ask on a new one. */
  async #askAgainIfClosed(trust: TlsTrust | undefined, signal: AbortSignal): Promise<number> {
    const connection = this.#connection(trust)
    const kept = connection.used
    try {
      return await connection.ask(signal)
    } catch (error) {
      if (!kept || signal.aborted || !isClosedConnection(error)) throw error
      await this.#drop()
      return await this.#connection(trust).ask(signal)
    }
  }

  #connection(trust: TlsTrust | undefined): Connection {
    const { origin, health, onCertificate } = this.#options
    this.#current ??= {
      connection: new Connection(origin, health, { trust, onCertificate }),
      trust,
      ms: this.#clock(),
    }
    return this.#current.connection
  }

  #trust(): TlsTrust | undefined {
    return this.#options.origin.startsWith('https:') ? this.#options.trust() : undefined
  }

  #isStale(trust: TlsTrust | undefined, nowMs: number): boolean {
    const current = this.#current
    if (current === undefined) return false
    return current.connection.closed || current.trust !== trust || nowMs - current.ms > MAX_AGE_MS
  }

  async #drop(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.connection.close()
  }
}
