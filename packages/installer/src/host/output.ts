import type { ExecOptions } from './host.ts'

/** What a program may print, both streams together, in bytes: more than any that the installer runs ever does. */
export const MAX_OUTPUT_BYTES: number = 16 * 1024 * 1024

/** Keeps what a program prints, within bounds. */
export class OutputKeeper {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  readonly #onOutput: ((text: string) => void) | undefined
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  #bytes = 0

  constructor({ onOutput }: ExecOptions) {
    this.#onOutput = onOutput
  }

  /** Throws when it is too much. */
  add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > MAX_OUTPUT_BYTES)
      throw new Error(`it printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB, and was ended`)
    this.#chunks[stream].push(chunk)
    // A letter may be spread over two chunks.
    this.#onOutput?.(this.#decoders[stream].decode(chunk, { stream: true }))
  }

  texts(): { stdout: string; stderr: string } {
    const { stdout, stderr } = this.#chunks
    return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
  }
}
