/** Limit of a confirming probe as long as nothing is known of the server's speed; `--health-timeout` if that is shorter. */
export const CONFIRM_MS = 2000

/** A confirming probe may take at least this long, in milliseconds: a first packet that is lost is sent again after one second. */
const LEAST_MS = 1500

/** An answer on a new connection takes four ways there and back, one on a kept connection takes one; and twice that to spare. */
const TIMES_KEPT = 8
const TIMES_FRESH = 2

/** So many answers are remembered: with five, two that were slow by accident do not count. */
const REMEMBERED = 5

/** How long a server has taken for its last answers, in milliseconds, oldest first. Pure. */
export interface Speed {
  /** On new connections. */
  readonly fresh: readonly number[]
  /** On the kept one. */
  readonly kept: readonly number[]
}

/** Nothing known yet. */
export const UNKNOWN_SPEED: Speed = { fresh: [], kept: [] }

/** The speed after one more answer, on a new connection or a kept one. */
export function afterAnswer(speed: Speed, ms: number, isFresh: boolean): Speed {
  const which = isFresh ? 'fresh' : 'kept'
  return { ...speed, [which]: [...speed[which], ms].slice(-REMEMBERED) }
}

/**
 * The longest time for a confirming probe of a server of this speed; `--health-timeout` at most. Answers on a kept
 * connection tell it best: the first one on a new connection is as slow as this program's own start.
 */
export function confirmMs({ fresh, kept }: Speed, timeoutMs: number): number {
  const ms =
    kept.length > 0
      ? Math.max(LEAST_MS, TIMES_KEPT * median(kept))
      : Math.max(CONFIRM_MS, TIMES_FRESH * median(fresh))
  return Math.min(ms, timeoutMs)
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? 0
}
