import type { HealthConfig } from '../config-health.ts'
import { type Verdict, verdictOfStatus } from '../health/verdict.ts'
import { type Clock, monotonic, withDeadline } from '../time.ts'
import type { CertificateInfo } from './certificate.ts'
import { afterAnswer, confirmMs, UNKNOWN_SPEED } from './confirm.ts'
import type { Question } from './connection.ts'
import type { Phase } from './connector.ts'
import { Line } from './line.ts'
import { isClosedConnection, verdictOfFailure } from './reason.ts'
import { isDueForRenewal } from './renewal.ts'
import { Sentinel, type Tune } from './sentinel.ts'
import { type After, after } from './timers.ts'
import type { TlsTrust } from './trust.ts'

/** What is asked of a server, and how. */
export interface ProbeOptions {
  /** Such as `https://192.0.2.1:6443`. */
  readonly origin: string
  readonly health: Question & Pick<HealthConfig, 'statuses' | 'timeoutMs' | 'readyPath'>
  /** Asked before each probe over TLS; another object than before means: make a new connection. */
  readonly trust: () => TlsTrust
  /** Offers HTTP/2, and watches the kept connection as soon as somebody listens. @default false */
  readonly sentinel?: boolean
  /** For what goes through the virtual IP: a port such as every client of the node gets. @default false */
  readonly asClient?: boolean
  /** Sets TCP_USER_TIMEOUT on the socket of a watched connection; must not throw. */
  readonly tune?: Tune
  /** Told of each finished TLS handshake. */
  readonly onHandshake?: () => void
  /** Takes what the server shows in each TLS handshake, whether it is accepted or not. */
  readonly onCertificate?: (info: CertificateInfo) => void
  readonly clock?: Clock
  /** Unix time in milliseconds. @default Date.now */
  readonly now?: () => number
  readonly after?: After
  /** 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** How one probe differs from the usual one. */
export interface ProbeRequest {
  /** Do not use the kept-alive connection: what it says about the server may be old. */
  readonly fresh?: boolean
  /** Fresh, and with the limit of a confirming probe of this server. */
  readonly confirm?: boolean
  /** A shorter limit than usual, in milliseconds. */
  readonly timeoutMs?: number
}

/** Asks one server, over one connection that is kept between probes, and watched by its sentinel. */
export class Prober {
  readonly sentinel: Sentinel
  readonly #options: ProbeOptions
  readonly #clock: Clock
  #line: Line | undefined
  /** Suspected, and kept beside the line of the confirming probe: it may answer after all. */
  #suspect: Line | undefined
  /** The one that is being asked. */
  #asked: Line | undefined
  #speed = UNKNOWN_SPEED

  /** Connects nowhere yet: the first probe does. */
  constructor(options: ProbeOptions) {
    this.#options = options
    this.#clock = options.clock ?? monotonic
    this.sentinel = new Sentinel({
      isOn: options.sentinel ?? false,
      tune: options.tune ?? (() => undefined),
      onSuspected: (line) => this.#setAside(line),
      onCleared: (line) => this.#takeBack(line),
      clock: this.#clock,
      after: options.after ?? after,
      random: options.random ?? Math.random,
    })
  }

  /** One verdict. Rejects only when `signal` is aborted, with its reason. */
  async probe(signal: AbortSignal, request: ProbeRequest = {}): Promise<Verdict> {
    const start = this.#clock()
    const elapsed = (): number => Math.round(this.#clock() - start)
    const limitMs = this.#limitMs(request)
    const trust = this.#trust()
    if (request.fresh || request.confirm || this.#isStale(trust)) await this.#drop(this.#line)
    const kept = this.#line
    this.#asked = undefined
    try {
      const verdict = await withDeadline(signal, limitMs, (deadline) => this.#judge(trust, deadline, elapsed))
      this.#speed = afterAnswer(this.#speed, verdict.ms, this.#line !== kept)
      this.#watch()
      await this.#dropSuspect()
      return verdict
    } catch (error) {
      const phase = await this.#giveUp()
      signal.throwIfAborted()
      await this.#dropSuspect()
      return verdictOfFailure(error, elapsed(), phase === undefined ? undefined : { phase, limitMs })
    }
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#drop(this.#line)
    await this.#dropSuspect()
  }

  #limitMs({ confirm, timeoutMs: shorterMs = Number.POSITIVE_INFINITY }: ProbeRequest): number {
    const { timeoutMs } = this.#options.health
    if (!confirm) return Math.min(timeoutMs, shorterMs)
    // Where suspicions proved false, a network that loses packets gets more time for this too.
    return Math.min(confirmMs(this.#speed, timeoutMs) + this.sentinel.waitMs, timeoutMs, shorterMs)
  }

  /** Asks whether it is well, and then, where that is wanted, whether it is ready. */
  async #judge(trust: TlsTrust | undefined, signal: AbortSignal, elapsed: () => number): Promise<Verdict> {
    const { health } = this.#options
    const { statuses, readyPath } = health
    const verdict = verdictOfStatus(await this.#ask(health, trust, signal), elapsed(), statuses)
    if (verdict.outcome !== 'healthy' || readyPath === undefined) return verdict
    const status = await this.#ask({ ...health, path: readyPath }, trust, signal)
    if (verdictOfStatus(status, 0, statuses).outcome === 'healthy') return { ...verdict, ms: elapsed() }
    return { outcome: 'sick', reason: 'not-ready', status, ms: elapsed() }
  }

  /** A kept connection may have been closed before the question got there: that says nothing, a new one tells. */
  async #ask(question: Question, trust: TlsTrust | undefined, signal: AbortSignal): Promise<number> {
    if (this.#line?.closed) await this.#drop(this.#line)
    const kept = this.#line
    try {
      return await this.#askOnce(question, trust, signal)
    } catch (error) {
      if (kept === undefined || signal.aborted || !isClosedConnection(error)) throw error
      await this.#drop(kept)
      return await this.#askOnce(question, trust, signal)
    }
  }

  async #askOnce(question: Question, trust: TlsTrust | undefined, signal: AbortSignal): Promise<number> {
    // Who has waited no longer must not open a connection either.
    signal.throwIfAborted()
    this.#line ??= this.#newLine(trust)
    const line = this.#line
    this.#asked = line
    return await line.ask(question, signal)
  }

  /**
   * Watches a line that has a verdict to show. Not before: a confirming probe that is cut short by what becomes of its
   * own line, again and again, would never have one.
   */
  #watch(): void {
    if (this.#line === undefined) return
    this.#line.answers += 1
    this.sentinel.watch(this.#line)
  }

  #newLine(trust: TlsTrust | undefined): Line {
    const {
      origin,
      sentinel: offersHttp2 = false,
      asClient = false,
      onHandshake,
      onCertificate,
    } = this.#options
    return new Line({ origin, trust, offersHttp2, asClient, onHandshake, onCertificate }, this.#now())
  }

  #trust(): TlsTrust | undefined {
    return this.#options.origin.startsWith('https:') ? this.#options.trust() : undefined
  }

  #isStale(trust: TlsTrust | undefined): boolean {
    const line = this.#line
    if (line === undefined) return false
    return line.closed || line.trust !== trust || isDueForRenewal(line, this.#now())
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  /** Keeps it for a moment: it may answer after all. */
  #setAside(line: Line): void {
    this.#suspect = line
    if (this.#line === line) this.#line = undefined
  }

  #takeBack(line: Line): void {
    const other = this.#line
    this.#suspect = undefined
    this.#line = line
    void other?.close()
  }

  /** Drops what was being asked, unless it is set aside; returns what it was waiting for. */
  async #giveUp(): Promise<Phase | undefined> {
    const line = this.#asked
    const phase = line?.phase
    if (line !== this.#suspect) await this.#drop(line)
    return phase
  }

  async #dropSuspect(): Promise<void> {
    const line = this.#suspect
    this.#suspect = undefined
    await this.#drop(line)
  }

  async #drop(line: Line | undefined): Promise<void> {
    if (line === undefined) return
    this.sentinel.leave(line)
    if (this.#line === line) this.#line = undefined
    await line.close()
  }
}
