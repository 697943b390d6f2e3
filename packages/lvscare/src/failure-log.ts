import { failureFields, type Log } from './log.ts'
import type { Failure } from './pass.ts'

/** Logs a failure when it begins, when it changes and when it is over: not twice a second while it lasts. */
export class FailureLog {
  readonly #log: Log
  #present = new Map<string, Record<string, string | undefined>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Takes all failures of one pass. */
  update(failures: readonly Failure[]): void {
    const now = new Map(failures.map((failure) => [keyOf(failure), failureFields(failure)]))
    for (const [key, fields] of now) {
      if (this.#present.get(key)?.['error'] !== fields['error']) this.#log.error(fields, 'step failed')
    }
    for (const [key, fields] of this.#present) {
      if (!now.has(key))
        this.#log.info({ ...fields, code: undefined, error: undefined }, 'step no longer fails')
    }
    this.#present = now
  }
}

function keyOf({ piece, step }: Failure): string {
  return `${piece} ${step?.kind ?? 'observe'} ${step?.subject ?? ''}`
}
