/** So many records of one kind are written within a window. */
const LIMIT = 10

const WINDOW_MS = 60_000

interface Spent {
  sinceMs: number
  written: number
  left: number
}

/** Keeps what happens again and again from filling the log. Pure: time is a parameter, in monotonic milliseconds. */
export class LogBudget {
  readonly #spent = new Map<string, Spent>()

  /** How many records of this kind were left out since the last one; `undefined`: leave this one out too. */
  take(kind: string, nowMs: number): number | undefined {
    const spent = this.#of(kind, nowMs)
    if (spent.written >= LIMIT) {
      spent.left += 1
      return undefined
    }
    const { left } = spent
    spent.written += 1
    spent.left = 0
    return left
  }

  #of(kind: string, nowMs: number): Spent {
    const spent = this.#spent.get(kind) ?? { sinceMs: nowMs, written: 0, left: 0 }
    this.#spent.set(kind, spent)
    if (nowMs - spent.sinceMs >= WINDOW_MS) Object.assign(spent, { sinceMs: nowMs, written: 0 })
    return spent
  }
}

/** The fields of a record, with how many like it were left out before. */
export function withLeftOut<T extends object>(fields: T, leftOut: number): T | (T & { leftOut: number }) {
  return leftOut === 0 ? fields : { ...fields, leftOut }
}
