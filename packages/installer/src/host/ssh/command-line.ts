import { shellWord } from 'lvscare'
import { SBIN } from '../search-path.ts'

/** A login shell that greets with more than this is no shell, in bytes. */
const MAX_GREETING_BYTES = 64 * 1024

/**
 * Says on both streams where the program's own output begins, because a login shell may greet, and its process number; then
 * becomes the program, which is found where administration programs are.
 */
const SCRIPT = `m="$1 $$"; shift; echo "$m"; echo "$m" >&2; exec env PATH="$PATH:${SBIN.join(':')}" "$@"`

/** The command line that runs a program with exactly these arguments, whatever the login shell is. */
export function commandLine(argv: readonly string[], marker: string): string {
  if (argv[0] === undefined || argv[0].includes('='))
    throw new Error('the name of a program must not have "="')
  if (argv.some((word) => word.includes('\0'))) throw new Error('an argument must not contain a zero byte')
  return `exec sh -c ${[SCRIPT, 'sh', marker, ...argv].map(shellWord).join(' ')}`
}

/** What comes before a program's own output on one stream. */
export class Prologue {
  readonly #marker: string
  #seen = Buffer.alloc(0)
  /** The program's process number, and that of its group; `undefined` until it is known. */
  pid: number | undefined

  constructor(marker: string) {
    this.#marker = marker
  }

  /** What was said, as long as no program has begun. */
  get text(): string {
    return this.#seen.toString().trim()
  }

  /** The part of a chunk that is the program's own. Throws when there is no end to what is not. */
  skip(chunk: Buffer): Buffer {
    if (this.pid !== undefined) return chunk
    this.#seen = Buffer.concat([this.#seen, chunk])
    const found = new RegExp(`${this.#marker} (\\d+)\n`).exec(this.#seen.toString('latin1'))
    if (found === null) {
      if (this.#seen.length > MAX_GREETING_BYTES) throw new Error('the login shell there prints without end')
      return Buffer.alloc(0)
    }
    this.pid = Number(found[1])
    const own = this.#seen.subarray(found.index + found[0].length)
    this.#seen = Buffer.alloc(0)
    return own
  }
}
