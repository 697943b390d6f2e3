import { dirname } from 'node:path/posix'
import { HostError } from '../../errors.ts'
import type { FileStat } from '../host.ts'

/** What there is at a path. */
interface Entry extends FileStat {
  /** Empty for everything but files. */
  readonly content: Buffer
}

/** A file as a test writes it down: its text, or its text and mode. */
export type MemoryFile =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly mode: number }

/** Everything in a file system, as plain data that can be compared; files are read as latin1, so that no byte is lost. */
export type FilesSnapshot = Readonly<Record<string, string>>

/** A file system in memory; throws {@link HostError} for what a real one refuses. */
export class MemoryFiles {
  readonly #host: string
  readonly #entries = new Map<string, Entry>([['/', directory(0o755)]])

  /** `host` is the name of the node that stands in the errors. */
  constructor(host: string) {
    this.#host = host
  }

  /** The bytes of a file, or `undefined` where nothing is; throws for a directory. */
  read(path: string): Buffer | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined) return undefined
    if (entry.kind === 'directory') throw this.#error('read', path, 'is a directory')
    return Buffer.from(entry.content)
  }

  /** What is at a path, or `undefined` where nothing is. */
  stat(path: string): FileStat | undefined {
    const entry = this.#entries.get(path)
    return entry && { kind: entry.kind, mode: entry.mode }
  }

  /** The sorted names in a directory, or `undefined` where nothing is; throws for a file. */
  list(path: string): string[] | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined) return undefined
    if (entry.kind !== 'directory') throw this.#error('list', path, 'is not a directory')
    return this.#children(path).map((child) => child.slice(child.lastIndexOf('/') + 1))
  }

  /** Writes a file as a program would: its directory must be there. */
  write(path: string, content: string | Uint8Array, mode: number): void {
    this.#needFolder('write', path)
    if (this.#entries.get(path)?.kind === 'directory') throw this.#error('write', path, 'is a directory')
    this.#entries.set(path, { kind: 'file', mode, content: Buffer.from(content) })
  }

  /** Makes one directory in one that exists; it is no error when it is there already. */
  makeDirectory(path: string, mode: number): void {
    const kind = this.#entries.get(path)?.kind
    if (kind === 'directory') return
    if (kind !== undefined) throw this.#error('make the directory', path, 'is a file')
    this.#needFolder('make the directory', path)
    this.#entries.set(path, directory(mode))
  }

  /** Removes a file or an empty directory; it is no error when nothing is there. */
  remove(path: string): void {
    if (this.#entries.get(path)?.kind === 'directory' && this.#children(path).length > 0)
      throw this.#error('remove', path, 'the directory is not empty')
    this.#entries.delete(path)
  }

  /** Puts a file there with every directory that it needs. */
  put(path: string, file: MemoryFile): void {
    const { content, mode } =
      typeof file === 'string' || file instanceof Uint8Array ? { content: file, mode: 0o644 } : file
    this.putDirectory(dirname(path))
    this.#entries.set(path, { kind: 'file', mode, content: Buffer.from(content) })
  }

  /** Puts a directory there with every one that it needs. */
  putDirectory(path: string, mode = 0o755): void {
    if (path !== '/') this.putDirectory(dirname(path))
    if (this.#entries.get(path)?.kind !== 'directory') this.#entries.set(path, directory(mode))
  }

  /** Puts something there that is neither file nor directory, such as a link. */
  putOther(path: string): void {
    this.putDirectory(dirname(path))
    this.#entries.set(path, { kind: 'other', mode: 0o777, content: Buffer.alloc(0) })
  }

  /** Everything there is, by path and in the order of the paths. */
  snapshot(): FilesSnapshot {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted.map(([path, entry]) => [path, entryText(entry)]))
  }

  #children(path: string): string[] {
    const inside = [...this.#entries.keys()].filter((one) => one !== '/' && dirname(one) === path)
    return inside.sort()
  }

  #needFolder(verb: string, path: string): void {
    const folder = dirname(path)
    const kind = this.#entries.get(folder)?.kind
    if (kind === undefined) throw this.#error(verb, path, `there is no directory ${folder}`)
    if (kind !== 'directory') throw this.#error(verb, path, `${folder} is not a directory`)
  }

  #error(verb: string, path: string, why: string): HostError {
    return new HostError(`${this.#host}: cannot ${verb} ${path}: ${why}`)
  }
}

function directory(mode: number): Entry {
  return { kind: 'directory', mode, content: Buffer.alloc(0) }
}

function entryText({ kind, mode, content }: Entry): string {
  const bits = mode.toString(8).padStart(4, '0')
  return kind === 'file' ? `${bits} ${content.toString('latin1')}` : `${bits} (${kind})`
}
