import type { SuspicionResult } from './suspicion.ts'

/** What the suspicions of one server have taught its sentinel. Pure: time is a parameter. */
export interface Patience {
  /** How much longer than usual it waits before it suspects, in milliseconds. */
  readonly waitMs: number
  /** Suspicions in a row that proved false since the wait last changed. */
  readonly falseInARow: number
  /** When a suspicion last ended, or the wait was last halved. */
  readonly sinceMs: number
}

/** So many false suspicions in a row make it wait longer, each time. */
export const FALSE_TO_WAIT = 2

/** The first wait; the next ones are twice as long each. */
const FIRST_WAIT_MS = 1000

/** So long without a suspicion halves the wait. */
export const QUIET_MS = 600_000

/** A sentinel that has learned nothing yet. */
export function noPatience(nowMs: number): Patience {
  return { waitMs: 0, falseInARow: 0, sinceMs: nowMs }
}

/** What a suspicion that has ended teaches; the wait never gets longer than `mostMs`. */
export function afterSuspicion(
  before: Patience,
  result: SuspicionResult,
  { mostMs, nowMs }: { readonly mostMs: number; readonly nowMs: number },
): Patience {
  if (result === 'confirmed') return noPatience(nowMs)
  const now = afterQuiet(before, nowMs)
  if (result === 'inconclusive') return now
  const falseInARow = now.falseInARow + 1
  if (falseInARow < FALSE_TO_WAIT) return { ...now, falseInARow, sinceMs: nowMs }
  const longer = now.waitMs === 0 ? FIRST_WAIT_MS : now.waitMs * 2
  return { waitMs: Math.min(longer, mostMs), falseInARow: 0, sinceMs: nowMs }
}

/** The patience after the time without a suspicion that has passed; the same object where that changes nothing. */
export function afterQuiet(before: Patience, nowMs: number): Patience {
  const times = Math.floor((nowMs - before.sinceMs) / QUIET_MS)
  if (times < 1) return before
  const waitMs = before.waitMs / 2 ** times
  return {
    // Half of the first wait is none.
    waitMs: waitMs < Math.min(FIRST_WAIT_MS, before.waitMs) ? 0 : waitMs,
    falseInARow: 0,
    sinceMs: before.sinceMs + times * QUIET_MS,
  }
}
