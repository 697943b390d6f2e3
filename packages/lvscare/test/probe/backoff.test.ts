import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../src/probe/backoff.ts'

describe('backoffMs', () => {
  it('doubles from half a second up to the interval', () => {
    const waits = [1, 2, 3, 4, 5, 6, 99, 5000].map((failures) => backoffMs(failures, 5000, () => 0.5))
    expect(waits).toEqual([500, 1000, 2000, 3500, 3750, 3750, 3750, 3750])
    expect(backoffMs(1, 200, () => 0.5)).toBe(150)
  })

  it('spreads a fleet by half to either side, but not beyond the interval', () => {
    expect([0, 1].map((draw) => backoffMs(3, 5000, () => draw))).toEqual([1000, 3000])
    expect([0, 1].map((draw) => backoffMs(9, 5000, () => draw))).toEqual([2500, 5000])
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.integer({ min: 1, max: 3_600_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, intervalMs, draw) => {
          const ms = backoffMs(failures, intervalMs, () => draw)
          expect(ms).toBeGreaterThan(0)
          expect(ms).toBeLessThanOrEqual(intervalMs)
        },
      ),
    )
  })

  it('spreads a thousand guards over the time of one wait', () => {
    const tenths = new Set<number>()
    for (let guard = 0; guard < 1000; guard += 1) tenths.add(Math.floor(backoffMs(1, 5000, Math.random) / 50))
    expect(tenths.size).toBe(10)
  })
})
