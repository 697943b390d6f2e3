import type { Http2Session } from 'node:http2'

/** kube-apiserver closes a connection this long after its GOAWAY, so that the other side reads it first. */
const LINGER_MS = 1000

/** One HTTP/2 connection, which is said goodbye to as Go's server does it. */
export class Session {
  readonly #session: Http2Session
  readonly #idleMs: number
  #streams = 0
  #isLeaving = false
  #timer: NodeJS.Timeout | undefined

  /** `idleMs`: without a stream for that long it gets GOAWAY. */
  constructor(session: Http2Session, idleMs: number) {
    this.#session = session
    this.#idleMs = idleMs
    session.on('stream', (stream) => {
      this.#count(1)
      stream.on('close', () => this.#count(-1))
    })
    session.on('close', () => clearTimeout(this.#timer))
    this.#rest()
  }

  /** GOAWAY: no new stream is taken, the open ones go on, and the connection ends after the last. */
  goAway(): void {
    if (this.#isLeaving || this.#session.destroyed) return
    this.#isLeaving = true
    this.#session.goaway()
    this.#rest()
  }

  #count(change: 1 | -1): void {
    this.#streams += change
    this.#rest()
  }

  /** Without a stream the end is near. */
  #rest(): void {
    clearTimeout(this.#timer)
    if (this.#streams > 0 || this.#session.destroyed) return
    this.#timer = this.#isLeaving
      ? setTimeout(() => this.#session.close(), LINGER_MS)
      : setTimeout(() => this.goAway(), this.#idleMs)
  }
}
