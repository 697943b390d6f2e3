import type { Weights } from './fleet.ts'
import type { Standing } from './member.ts'

/** The weight of every server that has its full share, where weights are to grow; the steps in which they do. */
export const FULL_WEIGHT = 10

/**
 * The weights while servers that have come back get theirs in steps, from 1 to {@link FULL_WEIGHT} within `slowStartMs`.
 * Pure; the same map where nobody is on the way.
 */
export function ramped(
  weights: Weights,
  standings: ReadonlyMap<string, Standing>,
  slowStartMs: number,
  nowMs: number,
): Weights {
  const changed = new Map<string, number>()
  for (const [server, weight] of weights) {
    const standing = standings.get(server)
    if (weight !== FULL_WEIGHT || standing?.state !== 'up' || standing.returnedMs === undefined) continue
    const step = stepAfter(nowMs - standing.returnedMs, slowStartMs)
    if (step < weight) changed.set(server, step)
  }
  return changed.size === 0 ? weights : new Map([...weights, ...changed])
}

function stepAfter(ms: number, slowStartMs: number): number {
  return Math.min(FULL_WEIGHT, 1 + Math.floor((Math.max(0, ms) / slowStartMs) * (FULL_WEIGHT - 1)))
}
