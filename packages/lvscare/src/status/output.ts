import { codeOf } from '../errors.ts'

/** What is used of `process.stdout`. */
export interface OutputStream {
  readonly isTTY?: boolean
  write(text: string, done: (error?: Error | null) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Standard output that may be closed by its reader at any time, as by `head`. */
export class Output {
  readonly #stream: OutputStream
  #open = true

  constructor(stream: OutputStream) {
    this.#stream = stream
    // A failed write is told to its callback too; without a listener the event would end the process.
    stream.on('error', () => undefined)
  }

  /** False once the reader has gone. */
  get open(): boolean {
    return this.#open
  }

  /** Resolves when it is written, or when nobody reads any more; rejects for any other reason. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (codeOf(error) === 'EPIPE') this.#open = false
        else if (error) return reject(error)
        resolve()
      })
    })
  }
}
