/** Limit of a confirming probe as long as nothing is known of the server's speed; `--health-timeout` if that is shorter. */
export const CONFIRM_MS = 2000

/** A confirming probe may take at least this long, in milliseconds: a lost packet or two must not decide. */
const LEAST_MS = 1500

/** How much slower than the slowest probe so far an answer may be. */
const TIMES = 4

/** Of the slowest probe so far each further one lets a tenth be forgotten. */
const REMEMBERED = 0.9

/** How fast a server has answered, in milliseconds. Pure. */
export interface Speed {
  /** The slowest answer on a new connection, slowly forgotten; `undefined`: none yet. */
  readonly freshMs: number | undefined
  /** The last answer, on whatever connection: a new one would have taken longer. */
  readonly lastMs: number
}

/** Nothing known yet. */
export const UNKNOWN_SPEED: Speed = { freshMs: undefined, lastMs: 0 }

/** The speed after one more answer, on a new connection or a kept one. */
export function afterAnswer({ freshMs }: Speed, ms: number, isFresh: boolean): Speed {
  return { freshMs: isFresh ? Math.max(ms, (freshMs ?? 0) * REMEMBERED) : freshMs, lastMs: ms }
}

/** The longest time for a confirming probe of a server of this speed; `--health-timeout` at most. */
export function confirmMs({ freshMs, lastMs }: Speed, timeoutMs: number): number {
  if (freshMs === undefined) return Math.min(CONFIRM_MS, timeoutMs)
  return Math.min(Math.max(TIMES * Math.max(freshMs, lastMs), LEAST_MS), timeoutMs)
}
