import { memoryUsage } from 'node:process'
import { median } from '../bench/stats.ts'
import { Random } from '../lab/random.ts'
import type { CorpusFolder } from './corpus.ts'
import { TARGETS } from './targets.ts'

/** How much is fuzzed, and who is told. */
export interface FuzzOptions {
  readonly seed: number
  readonly seconds: number
  /** @default all of them */
  readonly targets?: readonly string[]
  /** Collects garbage, so that memory can be compared; without it nothing is said of memory. */
  readonly collect?: () => void
  readonly tell?: (line: string) => void
  /** Gets every input. @default nobody */
  readonly corpus?: Pick<CorpusFolder, 'take'>
}

/** Something that is wrong, and how it comes again. */
export interface Finding {
  readonly target: string
  /** The seed of this one run. */
  readonly seed: number
  readonly error: string
}

/** What was done and found. */
export interface FuzzReport {
  readonly seed: number
  readonly seconds: number
  /** Runs by target. */
  readonly runs: Readonly<Record<string, number>>
  readonly total: number
  /** Different outcomes by target. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Of the heap in MiB, after collection: medians of the first third behind the warm-up, and of the last. */
  readonly heapMiB: readonly number[]
  readonly flat: boolean | undefined
  readonly findings: readonly Finding[]
}

/** More of the same kind say nothing new. */
const MAX_FINDINGS = 20

/** Runs of a cheap target for one of the guard, which takes as long as these together. */
const CHEAP = 40

/** Between two looks at the heap. */
const LOOK_MS = 1000

/** What the heap may have grown by: the compiler goes on for a while. */
const GROWTH_MIB = 2

/** Runs targets in turn until the time is over or too much is wrong. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const { seed, seconds, targets = [...TARGETS.keys()], tell = () => undefined } = options
  const state = new State(options)
  const end = performance.now() + seconds * 1000
  for (let run = 0; performance.now() < end && state.findings.length < MAX_FINDINGS; run += 1) {
    for (const name of targets) {
      const times = name === 'guard' ? 1 : CHEAP
      for (let time = 0; time < times; time += 1) {
        const finding = state.run(name, (seed + run * CHEAP + time) >>> 0)
        if (finding !== undefined) tell(`FOUND ${JSON.stringify(finding)}`)
      }
    }
    state.look()
  }
  return state.report(seconds)
}

class State {
  readonly findings: Finding[] = []
  readonly #options: FuzzOptions
  readonly #runs: Record<string, number> = {}
  readonly #shapes = new Map<string, Set<string>>()
  readonly #heap: number[] = []
  #nextLook = 0

  constructor(options: FuzzOptions) {
    this.#options = options
  }

  run(name: string, seed: number): Finding | undefined {
    this.#runs[name] = (this.#runs[name] ?? 0) + 1
    try {
      const outcome = TARGETS.get(name)?.run(new Random(seed))
      if (outcome === undefined) throw new RangeError(`"${name}" is not a target`)
      this.#note(name, outcome.shape)
      this.#options.corpus?.take(name, outcome)
      return undefined
    } catch (error) {
      const finding = { target: name, seed, error: causes(error) }
      this.findings.push(finding)
      return finding
    }
  }

  look(): void {
    const { collect } = this.#options
    if (collect === undefined || performance.now() < this.#nextLook) return
    this.#nextLook = performance.now() + LOOK_MS
    collect()
    this.#heap.push(memoryUsage().heapUsed / 2 ** 20 + memoryUsage().external / 2 ** 20)
  }

  report(seconds: number): FuzzReport {
    const { seed } = this.#options
    const outcomes = Object.fromEntries([...this.#shapes].map(([name, shapes]) => [name, shapes.size]))
    const total = Object.values(this.#runs).reduce((sum, runs) => sum + runs, 0)
    const heapMiB = this.#growth()
    const [first = 0, last = 0] = heapMiB
    // A short run says nothing of it.
    const flat = heapMiB.length === 0 ? undefined : last <= first + GROWTH_MIB
    return { ...{ seed, seconds, runs: this.#runs, total, outcomes }, heapMiB, flat, findings: this.findings }
  }

  #note(name: string, shape: string): void {
    const shapes = this.#shapes.get(name) ?? new Set<string>()
    shapes.add(shape)
    this.#shapes.set(name, shapes)
  }

  #growth(): number[] {
    const warm = this.#heap.slice(Math.floor(this.#heap.length / 5))
    const third = Math.floor(warm.length / 3)
    if (third < 3) return []
    return [warm.slice(0, third), warm.slice(-third)].map((part) => Number(median(part).toFixed(2)))
  }
}

/** All that an error says of itself and of what was behind it. */
function causes(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.cause === undefined ? (error.stack ?? error.message) : error.message
  return error.cause === undefined ? own : `${own} <- ${causes(error.cause)}`
}
