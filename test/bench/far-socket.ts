import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A connection that is longer than it is: every piece arrives this many milliseconds late, in both directions, in order. */
export class FarSocket extends Duplex {
  readonly #socket: Socket
  readonly #lateMs: number

  constructor(socket: Socket, lateMs: number) {
    super()
    this.#socket = socket
    this.#lateMs = lateMs
    socket.on('data', (chunk: Buffer) => this.#later(() => this.push(chunk)))
    socket.on('end', () => this.#later(() => this.push(null)))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.#later(() => this.destroy()))
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#later(() => this.#socket.write(chunk))
    done()
  }

  override _final(done: () => void): void {
    this.#later(() => this.#socket.end())
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  /** Timers of one length are called in the order in which they were set. */
  #later(work: () => void): void {
    setTimeout(() => {
      if (!this.destroyed) work()
    }, this.#lateMs)
  }
}
