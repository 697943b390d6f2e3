import { failureFields, type Log, logFailure } from './log.ts'
import { LogBudget, withLeftOut } from './log-budget.ts'
import type { Failure } from './pass.ts'

type Fields = Record<string, string | undefined>

/**
 * Logs a failure when it begins, when it changes and when it is over: not twice a second while it lasts.
 *
 * One that comes and goes all the time is logged a few times a minute, with how often it was left out.
 */
export class FailureLog {
  readonly #log: Log
  readonly #budget = new LogBudget()
  #present = new Map<string, Fields>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Takes all failures of one pass, at a monotonic time in milliseconds. */
  update(failures: readonly Failure[], nowMs: number): void {
    const now = new Map<string, Fields>()
    for (const failure of failures) {
      const [key, fields] = [keyOf(failure), failureFields(failure)]
      now.set(key, fields)
      if (this.#present.get(key)?.['error'] !== fields['error']) this.#begin(key, failure, fields, nowMs)
    }
    for (const [key, fields] of this.#present) if (!now.has(key)) this.#end(key, fields, nowMs)
    this.#present = now
  }

  #begin(key: string, failure: Failure, fields: Fields, nowMs: number): void {
    const leftOut = this.#budget.take(key, nowMs)
    if (leftOut !== undefined) logFailure(this.#log, failure, withLeftOut(fields, leftOut))
  }

  #end(key: string, fields: Fields, nowMs: number): void {
    const leftOut = this.#budget.take(`end of ${key}`, nowMs)
    if (leftOut === undefined) return
    const over = withLeftOut({ ...fields, code: undefined, error: undefined }, leftOut)
    this.#log.info(over, 'step no longer fails')
  }
}

function keyOf({ piece, step }: Failure): string {
  return `${piece} ${step?.kind ?? 'observe'} ${step?.subject ?? ''}`
}
