import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import {
  type Asking,
  type Connection,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  type Question,
} from './connection.ts'
import { closedError } from './connector.ts'
import { headersTooLarge, type SessionEnd, streamFailure } from './http2-failure.ts'
import { http2Fields } from './http2-fields.ts'

/** What is kept for a server is small: one answer at a time, and that is short. */
const OPTIONS = {
  settings: {
    enablePush: false,
    initialWindowSize: 16 * 1024,
    maxConcurrentStreams: 1,
    maxHeaderListSize: MAX_HEADER_BYTES,
  },
  /** In megabytes. */
  maxSessionMemory: 1,
  maxHeaderListPairs: 128,
  maxReservedRemoteStreams: 1,
  maxOutstandingPings: 2,
  maxSettings: 16,
  maxSessionInvalidFrames: 10,
}

/** Between two PINGs a server has next to nothing to say; one that pours is not listened to any longer. */
const MAX_IDLE_BYTES = 1024 * 1024

/** HTTP/2, by Node: the one of undici is not part of the bundle (scripts/left-out.mjs). */
export class Http2Connection implements Connection {
  readonly #origin: URL
  readonly #socket: Socket
  readonly #session: ClientHttp2Session
  #goaway: number | undefined
  #bytesRead = 0

  /** `onGoodbye` is told when the server takes no more questions on this connection. */
  constructor(origin: string, socket: Socket, onGoodbye: () => void) {
    this.#origin = new URL(origin)
    this.#socket = socket
    this.#session = connect(origin, { ...OPTIONS, createConnection: () => socket })
      // Whatever is wrong with the session is wrong with each of its streams, and told there.
      .on('error', () => undefined)
      .on('goaway', (code) => {
        this.#goaway = code
        onGoodbye()
      })
      // What is left of a session that has ended is of no use to anybody.
      .once('close', () => socket.destroy())
  }

  get closed(): boolean {
    return this.#session.closed || this.#session.destroyed || this.#socket.destroyed
  }

  async ask(question: Question, asking: Asking): Promise<number> {
    if (this.closed) throw closedError()
    const { body } = question
    const stream = this.#session.request(http2Fields(question, this.#origin), {
      endStream: body === undefined,
    })
    if (body !== undefined) stream.end(body)
    const status = await this.#answer(stream, question, asking)
    // Answered before the question was read to its end: the rest would lie in the session for good.
    if (!stream.writableFinished) this.#destroy()
    return status
  }

  ping(answered: () => void): void {
    const { bytesRead } = this.#socket
    const isFlood = bytesRead - this.#bytesRead > MAX_IDLE_BYTES
    this.#bytesRead = bytesRead
    if (isFlood) this.#destroy()
    else if (!this.closed)
      this.#session.ping((error) => {
        // An error means that the session has ended, which is told elsewhere.
        if (error === null) answered()
      })
  }

  async close(): Promise<void> {
    this.#destroy()
  }

  /** At once: the session alone would first wait for the other side to take its last words. */
  #destroy(): void {
    this.#session.destroy()
    this.#socket.destroy()
  }

  #answer(stream: ClientHttp2Stream, { method }: Question, { signal, onPhase }: Asking): Promise<number> {
    return new Promise((resolve, reject) => {
      let [status, bytes] = [0, 0]
      let error: Error | undefined
      const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL)
      const limit = (length: number): void => {
        if (length <= MAX_BODY_BYTES) return
        resolve(status)
        this.#destroy()
      }
      signal.addEventListener('abort', cancel, { once: true })
      stream
        .once('response', (fields) => {
          onPhase('end of the answer')
          // What was asked of the server about this it need not have heard yet.
          if (sizeOf(fields) > MAX_HEADER_BYTES) {
            reject(headersTooLarge())
            this.#destroy()
            return
          }
          status = fields[':status'] ?? 0
          if (method !== 'HEAD') limit(Number(fields['content-length'] ?? 0))
        })
        .on('data', (chunk: Buffer) => {
          bytes += chunk.length
          limit(bytes)
        })
        .once('end', () => {
          if (status > 0 && stream.rstCode === constants.NGHTTP2_NO_ERROR) resolve(status)
        })
        .once('error', (cause) => {
          error = cause
        })
        .once('close', () => {
          signal.removeEventListener('abort', cancel)
          reject(streamFailure(stream, error, this.#end()))
        })
    })
  }

  #end(): SessionEnd {
    const { destroyed, errored } = this.#socket
    const isOver = destroyed || this.#session.destroyed
    return { goaway: this.#goaway, socket: isOver ? { error: errored } : undefined }
  }
}

function sizeOf(fields: object): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0)
}
