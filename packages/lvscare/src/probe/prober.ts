import { createSecureContext, type SecureContext } from 'node:tls'
import { Client } from 'undici'
import { messageOf } from '../errors.ts'
import { type Verdict, verdictOfStatus } from '../health/verdict.ts'
import { type Clock, monotonic, withDeadline } from '../time.ts'
import { deadReason, isClosedConnection } from './reason.ts'

/** What is asked of a server, and how. */
export interface ProbeOptions {
  /** Such as `https://192.0.2.1:6443`. */
  readonly origin: string
  /** Path with its leading slash. */
  readonly path: string
  /** Accept any certificate: the apiserver's often does not name the address it is probed at. */
  readonly insecure: boolean
  /** Longest time for one probe, in milliseconds, from the connection to the end of the body. */
  readonly timeoutMs: number
  readonly clock?: Clock
}

/** How one probe differs from the usual one. */
export interface ProbeRequest {
  /** Do not use the kept-alive connection: what it says about the server may be old. */
  readonly fresh?: boolean
  /** A shorter limit than usual, in milliseconds. */
  readonly timeoutMs?: number
}

/** A kept-alive connection outlives any interval between two probes. */
const KEEP_ALIVE_MS = 24 * 3600 * 1000

/** Headers of a health answer are small; more is somebody's mistake or malice. */
const MAX_HEADER_BYTES = 16 * 1024

/** Asks one server, over one connection that is kept between probes. */
export class Prober {
  readonly #options: ProbeOptions
  readonly #clock: Clock
  #client: Client | undefined
  /** True once the connection has carried an answer: from then on it may turn out closed. */
  #used = false

  constructor(options: ProbeOptions) {
    this.#options = options
    this.#clock = options.clock ?? monotonic
  }

  /** One verdict. Rejects only when `signal` is aborted, with its reason. */
  async probe(signal: AbortSignal, request: ProbeRequest = {}): Promise<Verdict> {
    const start = this.#clock()
    const limitMs = Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, this.#options.timeoutMs)
    const elapsed = (): number => Math.round(this.#clock() - start)
    if (request.fresh) await this.#drop()
    try {
      const status = await withDeadline(signal, limitMs, (deadline) => this.#askAgainIfClosed(deadline))
      return verdictOfStatus(status, elapsed())
    } catch (error) {
      await this.#drop()
      signal.throwIfAborted()
      return { outcome: 'dead', reason: deadReason(error), detail: messageOf(error), ms: elapsed() }
    }
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.#drop()
  }

  /** A kept-alive connection that turns out closed says nothing of the server: ask on a new one. */
  async #askAgainIfClosed(signal: AbortSignal): Promise<number> {
    const kept = this.#used
    try {
      return await this.#ask(signal)
    } catch (error) {
      if (!kept || signal.aborted || !isClosedConnection(error)) throw error
      await this.#drop()
      return await this.#ask(signal)
    }
  }

  async #ask(signal: AbortSignal): Promise<number> {
    this.#client ??= this.#connect()
    const { statusCode, body } = await this.#client.request({
      method: 'GET',
      path: this.#options.path,
      signal,
    })
    await body.dump({ limit: MAX_BODY_BYTES, signal })
    this.#used = true
    return statusCode
  }

  #connect(): Client {
    const { origin, insecure, timeoutMs } = this.#options
    return new Client(origin, {
      // One deadline covers the whole probe; undici's own timers tick too coarsely to matter.
      connect: { ...trust(insecure), timeout: timeoutMs + 1000 },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
      allowH2: false,
    })
  }

  async #drop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#used = false
    await client?.destroy()
  }
}

/** A health answer is `ok`; what is longer is read no further. */
const MAX_BODY_BYTES = 64 * 1024

let anyCertificate: SecureContext | undefined

/**
 * Where every certificate will do, the authorities that Node brings along need not be read, and one context serves all
 * servers: both take megabytes.
 */
function trust(insecure: boolean): { rejectUnauthorized: boolean; secureContext?: SecureContext } {
  if (!insecure) return { rejectUnauthorized: true }
  anyCertificate ??= createSecureContext({ ca: [] })
  return { rejectUnauthorized: false, secureContext: anyCertificate }
}
