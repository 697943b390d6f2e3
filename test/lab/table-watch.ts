import { membersNow } from './proc-table.ts'

const LOOK_EVERY_MS = 20

/** Looks again and again whether a virtual service can be connected to, and remembers the longest time it could not. */
export class TableWatch {
  /** Longest time without a member that takes connections, while somebody was on duty, in milliseconds. */
  longestMs = 0
  readonly #service: string
  readonly #timer: NodeJS.Timeout
  #emptySince: number | undefined
  /** When whoever should mend it came on duty; `undefined` while nobody is. */
  #dutySince: number | undefined

  constructor(service: string) {
    this.#service = service
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  /** From now on somebody should mend the table. */
  onDuty(): void {
    this.#dutySince ??= performance.now()
  }

  /** From now on nobody can. */
  offDuty(): void {
    this.#look()
    this.#dutySince = undefined
  }

  /** Ends the looking. */
  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    const weights = [...(membersNow(this.#service)?.values() ?? [])]
    if (weights.some((weight) => weight > 0)) this.#emptySince = undefined
    else this.#emptySince ??= now
    if (this.#emptySince === undefined || this.#dutySince === undefined) return
    this.longestMs = Math.max(this.longestMs, now - Math.max(this.#emptySince, this.#dutySince))
  }
}
