import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterQuiet, afterSuspicion, noPatience, type Patience, QUIET_MS } from '../../src/probe/patience.ts'
import type { SuspicionResult } from '../../src/probe/suspicion.ts'

const MOST = { mostMs: 5000 }

function after(results: readonly SuspicionResult[], mostMs = 5000): number[] {
  let patience = noPatience(0)
  return results.map((result) => {
    patience = afterSuspicion(patience, result, { mostMs, nowMs: 0 })
    return patience.waitMs
  })
}

describe('afterSuspicion', () => {
  it('waits longer after each two in a row that prove false, up to the interval', () => {
    expect(after(Array(10).fill('false'))).toEqual([0, 1000, 1000, 2000, 2000, 4000, 4000, 5000, 5000, 5000])
    expect(after(Array(4).fill('false'), 300)).toEqual([0, 300, 300, 300])
  })

  it('forgets everything when one is confirmed, and learns nothing from one that was not tried', () => {
    expect(after(['false', 'false', 'confirmed', 'false', 'false'])).toEqual([0, 1000, 0, 0, 1000])
    expect(after(['false', 'confirmed', 'false', 'false'])).toEqual([0, 0, 0, 1000])
    expect(after(['false', 'inconclusive', 'false'])).toEqual([0, 0, 1000])
  })
})

describe('afterQuiet', () => {
  it('halves the wait every ten minutes, until half of it would be less than a second', () => {
    const patience: Patience = { waitMs: 4000, falseInARow: 1, sinceMs: 0 }
    const waits = [0, QUIET_MS - 1, QUIET_MS, 2 * QUIET_MS, 3 * QUIET_MS, 99 * QUIET_MS].map(
      (nowMs) => afterQuiet(patience, nowMs).waitMs,
    )
    expect(waits).toEqual([4000, 4000, 2000, 1000, 0, 0])
    expect(afterQuiet({ ...patience, waitMs: 300 }, QUIET_MS).waitMs).toBe(0)
  })

  it('gives the same step by step as in one leap', () => {
    let step: Patience = { waitMs: 60_000, falseInARow: 0, sinceMs: 0 }
    for (let nowMs = 0; nowMs <= 3.5 * QUIET_MS; nowMs += QUIET_MS / 7) step = afterQuiet(step, nowMs)
    const leap = afterQuiet({ waitMs: 60_000, falseInARow: 0, sinceMs: 0 }, 3.5 * QUIET_MS)
    expect(step).toEqual(leap)
  })
})

const anyEvent = fc.record({
  result: fc.constantFrom<SuspicionResult>('false', 'confirmed', 'inconclusive'),
  laterMs: fc.integer({ min: 0, max: 3 * QUIET_MS }),
})

describe('Patience, whatever happens', () => {
  it('stays between nothing and the interval, is nothing after a confirmed suspicion, and ends with quiet', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), fc.integer({ min: 1, max: 60_000 }), (events, mostMs) => {
        let [patience, nowMs] = [noPatience(0), 0]
        for (const { result, laterMs } of events) {
          nowMs += laterMs
          const before = afterQuiet(patience, nowMs)
          patience = afterSuspicion(patience, result, { mostMs, nowMs })
          expect(patience.waitMs).toBeGreaterThanOrEqual(0)
          expect(patience.waitMs).toBeLessThanOrEqual(mostMs)
          if (result === 'confirmed') expect(patience.waitMs).toBe(0)
          else expect(patience.waitMs).toBeGreaterThanOrEqual(Math.min(before.waitMs, mostMs))
        }
        expect(afterQuiet(patience, nowMs + 8 * QUIET_MS).waitMs).toBe(0)
      }),
    )
  })

  it('never suspects more often than twice in ten minutes for each step, however often it is wrong', () => {
    let patience = noPatience(0)
    let suspicions = 0
    // A suspicion each time the sentinel does not wait, once a second for an hour.
    for (let nowMs = 0; nowMs < 6 * QUIET_MS; nowMs += 1000) {
      if (afterQuiet(patience, nowMs).waitMs === 0) suspicions += 1
      patience = afterSuspicion(patience, 'false', { ...MOST, nowMs })
    }
    expect(suspicions).toBe(2)
  })
})
