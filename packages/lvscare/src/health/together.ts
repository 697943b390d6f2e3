import type { Thresholds } from './server-health.ts'

/** How probes follow one another, in milliseconds. */
export interface Rhythm extends Pick<Thresholds, 'fall'> {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Longest time for a confirming probe. */
  readonly confirmMs: number
}

/** The interval at its longest, by the jitter of a tenth. */
const LONGEST = 1.1

/**
 * The longest time between the changes of two servers that one cause has hit: the first is found out by a probe that was
 * about to begin and dies at once, the last by `fall` probes that all take as long as they may.
 */
export function togetherMs({ intervalMs, timeoutMs, confirmMs, fall }: Rhythm): number {
  const turnMs = Math.max(intervalMs * LONGEST, timeoutMs)
  return intervalMs * LONGEST + (fall - 1) * turnMs + timeoutMs + confirmMs
}
