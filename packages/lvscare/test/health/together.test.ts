import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { togetherMs } from '../../src/health/together.ts'

const RHYTHM = { intervalMs: 5000, timeoutMs: 10_000, confirmMs: 2000, fall: 1 }

describe('togetherMs', () => {
  it('is one round of probes: the interval at its longest, the time limit and the confirming probe', () => {
    expect(togetherMs(RHYTHM)).toBe(17_500)
  })

  it('has room for as many probes as it takes, at the interval or at their limit, whichever is longer', () => {
    expect(togetherMs({ ...RHYTHM, fall: 3 })).toBe(37_500)
    expect(togetherMs({ ...RHYTHM, timeoutMs: 1000, fall: 3 })).toBe(19_500)
  })

  it('covers whatever probes do after one cause has hit every server', () => {
    const anyRhythm = fc.record({
      intervalMs: fc.integer({ min: 1, max: 60_000 }),
      timeoutMs: fc.integer({ min: 1, max: 60_000 }),
      confirmMs: fc.constant(2000),
      fall: fc.integer({ min: 1, max: 5 }),
    })
    /** Parts of what chance may take: where in the interval the cause comes, then each interval and each probe. */
    const anyLuck = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(anyRhythm, anyLuck, (rhythm, luck) => {
        const { intervalMs, timeoutMs, fall } = rhythm
        const interval = (n: number): number => intervalMs * (0.9 + 0.2 * (luck[n] ?? 0))
        let at = (luck[0] ?? 0) * interval(1)
        for (let sick = 1; sick < fall; sick += 1)
          at += Math.max(interval(sick + 1), timeoutMs * (luck[sick + 6] ?? 0))
        at += timeoutMs * (luck[11] ?? 0)
        expect(at).toBeLessThanOrEqual(togetherMs(rhythm))
      }),
    )
  })
})
