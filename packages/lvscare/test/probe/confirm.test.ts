import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterAnswer, confirmMs, type Speed, UNKNOWN_SPEED } from '../../src/probe/confirm.ts'

describe('confirmMs', () => {
  const limit = (...answers: [ms: number, isFresh: boolean][]): number =>
    confirmMs(
      answers.reduce<Speed>((speed, [ms, isFresh]) => afterAnswer(speed, ms, isFresh), UNKNOWN_SPEED),
      10_000,
    )

  it('is two seconds for a server that has never answered, or the usual limit where that is shorter', () => {
    expect(confirmMs(UNKNOWN_SPEED, 10_000)).toBe(2000)
    expect(confirmMs(UNKNOWN_SPEED, 700)).toBe(700)
  })

  it('is four times the slowest answer on a new connection, at least 1.5 s and at most the usual limit', () => {
    expect([limit([10, true]), limit([600, true]), limit([9000, true])]).toEqual([1500, 2400, 10_000])
    expect(limit([600, true], [10, true])).toBe(2160)
  })

  it('knows a server that has become slow by its last answer', () => {
    expect(limit([10, true], [900, false])).toBe(3600)
    expect(limit([10, true], [900, false], [10, false])).toBe(1500)
  })

  it('forgets a slow answer on a new connection slowly, and never because of answers on kept ones', () => {
    const kept: [number, boolean][] = Array(1000).fill([5, false])
    expect(limit([600, true], ...kept)).toBe(2400)
    expect(limit([600, true], ...Array(20).fill([5, true]))).toBe(1500)
  })

  it('is never longer than the usual limit, nor shorter than 1.5 s without need', () => {
    const anyAnswer = fc.tuple(fc.nat(20_000), fc.boolean())
    fc.assert(
      fc.property(fc.array(anyAnswer), fc.integer({ min: 1, max: 60_000 }), (answers, timeoutMs) => {
        let speed = UNKNOWN_SPEED
        for (const [ms, isFresh] of answers) speed = afterAnswer(speed, ms, isFresh)
        const ms = confirmMs(speed, timeoutMs)
        expect(ms).toBeLessThanOrEqual(timeoutMs)
        expect(ms).toBeGreaterThanOrEqual(Math.min(1500, timeoutMs))
      }),
    )
  })
})
