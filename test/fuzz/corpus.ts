import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Outcome } from './targets.ts'

/** An input that was kept, and what becomes of it. */
export interface Kept {
  readonly shape: string
  readonly input: string
}

/** Longer ones say nothing that a shorter one would not. */
const MAX_INPUT = 4000

const FOLDER = new URL('../../test/fuzz/corpus/', import.meta.url)

/** The inputs that are kept: for each target one of every outcome. A file a target. */
export class CorpusFolder {
  readonly #targets = new Map<string, Map<string, string>>()

  constructor() {
    for (const name of CorpusFolder.names()) {
      this.#targets.set(name, new Map(CorpusFolder.read(name).map(({ shape, input }) => [shape, input])))
    }
  }

  /** The targets of which inputs are kept. */
  static names(): string[] {
    if (!existsSync(FOLDER)) return []
    return readdirSync(FOLDER).map((file) => file.replace(/\.json$/, '').replaceAll('-', ' '))
  }

  /** What is kept of a target. */
  static read(target: string): Kept[] {
    return JSON.parse(readFileSync(fileOf(target), 'utf8'))
  }

  /** Keeps an input whose outcome is new, or which is shorter than the one that is kept. */
  take(target: string, { shape, input }: Outcome): void {
    if (input === undefined || input.length > MAX_INPUT) return
    const kept = this.#targets.get(target) ?? new Map<string, string>()
    this.#targets.set(target, kept)
    const before = kept.get(shape)
    if (before === undefined || input.length < before.length) kept.set(shape, input)
  }

  /** Writes the files. */
  save(): void {
    for (const [target, kept] of this.#targets) {
      const list = [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([shape, input]) => ({ shape, input }))
      writeFileSync(fileOf(target), `${JSON.stringify(list, undefined, 2)}\n`)
    }
  }
}

function fileOf(target: string): URL {
  return new URL(`${target.replaceAll(' ', '-')}.json`, FOLDER)
}
