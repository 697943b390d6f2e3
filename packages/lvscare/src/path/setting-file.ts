import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { codeOf } from '../errors.ts'

/** One setting of the kernel under /proc/sys. */
export interface Setting {
  /** `undefined` where this kernel does not have it. */
  read(): string | undefined
  /** Throws the system's error, EROFS or EACCES in a container that may not. */
  write(value: string): void
}

/** Longest setting that is of interest: a number. */
const MAX_BYTES = 32

/** A setting by its file, which is kept open: looked at twice a second, it costs one system call. */
export class SettingFile implements Setting {
  readonly path: string
  readonly #buffer = Buffer.alloc(MAX_BYTES)
  #fd: number | undefined
  #last: string | undefined

  /** `path` is a file below `/proc/sys`; it is opened when it is first read. */
  constructor(path: string) {
    this.path = path
  }

  /** What the last {@link SettingFile.read} gave. */
  get last(): string | undefined {
    return this.#last
  }

  read(): string | undefined {
    this.#last = this.#readOrNothing()
    return this.#last
  }

  write(value: string): void {
    writeFileSync(this.path, `${value}\n`, { flag: 'r+' })
  }

  /** Gives the file descriptor back; a later read opens it again. */
  close(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) closeSync(fd)
  }

  #readOrNothing(): string | undefined {
    try {
      return this.#readOpen()
    } catch {
      // The module was unloaded, and perhaps loaded again: the file of the same name is another one now.
      this.close()
    }
    try {
      return this.#readOpen()
    } catch (error) {
      this.close()
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  #readOpen(): string {
    this.#fd ??= openSync(this.path, 'r')
    const length = readSync(this.#fd, this.#buffer, 0, MAX_BYTES, 0)
    return this.#buffer.toString('latin1', 0, length).trim()
  }
}
