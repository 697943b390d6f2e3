import fc from 'fast-check'
import type { Verdict } from '../src/index.ts'

export const HEALTHY: Verdict = { outcome: 'healthy', reason: 'ok', status: 200, ms: 3 }
export const UNAUTHORIZED: Verdict = { outcome: 'healthy', reason: 'unauthorized', status: 401, ms: 3 }
export const SICK: Verdict = { outcome: 'sick', reason: 'status', status: 500, ms: 4 }
export const DEAD: Verdict = { outcome: 'dead', reason: 'refused', detail: 'connect ECONNREFUSED', ms: 1 }

/** Any of them. */
export const anyVerdict: fc.Arbitrary<Verdict> = fc.constantFrom(HEALTHY, UNAUTHORIZED, SICK, DEAD)
