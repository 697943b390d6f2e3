import fc from 'fast-check'
import type { Verdict } from '../src/index.ts'

export const HEALTHY: Verdict = { outcome: 'healthy', reason: 'ok', status: 200, ms: 3 }
export const UNAUTHORIZED: Verdict = { outcome: 'healthy', reason: 'unauthorized', status: 401, ms: 3 }
export const SICK: Verdict = { outcome: 'sick', reason: 'status', status: 500, ms: 4 }
export const DEAD: Verdict = { outcome: 'dead', reason: 'refused', detail: 'connect ECONNREFUSED', ms: 1 }
export const LISTED: Verdict = { outcome: 'healthy', reason: 'listed', status: 429, ms: 3 }
export const INCONCLUSIVE: Verdict = {
  outcome: 'inconclusive',
  reason: 'local',
  detail: 'connect EMFILE',
  ms: 0,
}

/** Any that says something about the server. */
export const anyConclusive: fc.Arbitrary<Verdict> = fc.constantFrom(HEALTHY, UNAUTHORIZED, LISTED, SICK, DEAD)

/** Any at all. */
export const anyVerdict: fc.Arbitrary<Verdict> = fc.oneof(
  { arbitrary: anyConclusive, weight: 5 },
  fc.constant(INCONCLUSIVE),
)
