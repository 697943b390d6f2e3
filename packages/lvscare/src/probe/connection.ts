import { Client } from 'undici'
import type { HealthConfig } from '../config-health.ts'
import { Connector, type ConnectorOptions, type Phase } from './connector.ts'

/** What is asked of a server, over and over. */
export type Question = Pick<HealthConfig, 'path' | 'method' | 'headers' | 'body'>

/** A kept-alive connection outlives any interval between two probes. */
const KEEP_ALIVE_MS = 24 * 3600 * 1000

/** Headers of a health answer are small; more is somebody's mistake or malice. */
const MAX_HEADER_BYTES = 16 * 1024

/** A health answer is `ok`; what is longer is read no further, and the connection is dropped. */
const MAX_BODY_BYTES = 64 * 1024

/** One connection to a server, from the first packet to the last; never two. */
export class Connection {
  /** It has carried an answer: from then on it may turn out closed. */
  used = false
  readonly #connector: Connector
  readonly #client: Client
  readonly #question: Question

  constructor(origin: string, question: Question, options: ConnectorOptions) {
    this.#question = question
    this.#connector = new Connector(options)
    this.#client = new Client(origin, {
      connect: this.#connector.connect,
      // One deadline covers the whole probe; undici's own timers tick too coarsely to matter.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
      allowH2: false,
    })
  }

  get closed(): boolean {
    return this.#connector.closed
  }

  /** What it is waiting for. */
  get phase(): Phase {
    return this.#connector.phase
  }

  /** Asks, reads the answer to its end, and returns its status. */
  async ask(signal: AbortSignal): Promise<number> {
    const { method, path, headers, body } = this.#question
    // Not closed for its own sake by HEAD, or by a GET with a body.
    const request = { method, path, headers: [...headers].flat(), body: body ?? null, reset: false, signal }
    const { statusCode, body: answer } = await this.#client.request(request)
    this.#connector.phase = 'end of the answer'
    await answer.dump({ limit: MAX_BODY_BYTES, signal })
    this.#connector.phase = 'answer'
    this.used = true
    return statusCode
  }

  /** Drops it. */
  async close(): Promise<void> {
    this.#connector.destroy()
    await this.#client.destroy()
  }
}
