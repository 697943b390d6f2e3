import type { Problem } from '../errors.ts'

/** Collects everything that is wrong with a configuration, so that an operator mends it in one go. */
export class Problems {
  readonly #found: Problem[] = []

  /** What was found, in the order in which it was found. */
  get found(): readonly Problem[] {
    return this.#found
  }

  /** `value` is shown to whoever reads the error: nothing that is secret. */
  add(path: string, value: unknown, rule: string): void {
    this.#found.push({ path, value: showable(value), rule })
  }

  /** True when something is wrong at exactly this path. */
  has(path: string): boolean {
    return this.#found.some((problem) => problem.path === path)
  }

  /** Runs `read`; the RangeError it throws is the rule that the value breaks, and the answer is then `undefined`. */
  read<T>(path: string, value: unknown, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.add(path, value, error.message)
      return undefined
    }
  }
}

/** Longer than that a value hides its rule. */
const MAX_SHOWN = 200

/** What JSON can write, and in one line: YAML can make an object a part of itself. */
function showable(value: unknown): unknown {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value : jsonOf(value)
  if (text === undefined) return `(${typeof value})`
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : value
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
