import type { Socket } from 'node:net'
import { Client } from 'undici'
import {
  type Asking,
  type Connection,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  type Question,
} from './connection.ts'
import { closedError } from './connector.ts'

/** A kept-alive connection outlives any interval between two probes. */
const KEEP_ALIVE_MS = 24 * 3600 * 1000

/** HTTP/1.1, by undici. */
export class Http1Connection implements Connection {
  readonly #socket: Socket
  readonly #client: Client
  #isTaken = false

  constructor(origin: string, socket: Socket) {
    this.#socket = socket
    this.#client = new Client(origin, {
      connect: (_target, done) => this.#hand(done),
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
    return this.#socket.destroyed
  }

  async ask({ method, path, headers, body }: Question, { signal, onPhase }: Asking): Promise<number> {
    // Not closed for its own sake by HEAD, or by a GET with a body.
    const request = { method, path, headers: [...headers].flat(), body: body ?? null, reset: false, signal }
    const { statusCode, body: answer } = await this.#client.request(request)
    onPhase('end of the answer')
    await answer.dump({ limit: MAX_BODY_BYTES, signal })
    onPhase('answer')
    return statusCode
  }

  async close(): Promise<void> {
    await this.#client.destroy()
  }

  /** undici connects again by itself: but that is another connection. It expects its answer later than the call. */
  #hand(done: (...result: [error: Error, socket: null] | [error: null, socket: Socket]) => void): void {
    const isSecond = this.#isTaken
    this.#isTaken = true
    queueMicrotask(() => (isSecond ? done(closedError(), null) : done(null, this.#socket)))
  }
}
