import { readdirSync, readFileSync } from 'node:fs'
import { type Golden, parseGolden } from './golden.ts'

/** A folder of golden files. */
export class GoldenFolder {
  readonly #folder: URL

  /** `folder` holds the files, `NAME.hex` each. */
  constructor(folder: URL) {
    this.#folder = folder
  }

  /** The names of all captures, without `.hex`. */
  names(): string[] {
    return readdirSync(this.#folder).map((file) => file.replace(/\.hex$/, ''))
  }

  /** One file as it is. */
  text(name: string): string {
    return readFileSync(new URL(`${name}.hex`, this.#folder), 'utf8')
  }

  /** One capture. */
  read(name: string): Golden {
    return parseGolden(this.text(name))
  }
}
