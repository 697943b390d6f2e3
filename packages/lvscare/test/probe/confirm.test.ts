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

  it('is eight times what an answer on the kept connection usually takes, at least 1.5 s and at most the usual limit', () => {
    expect([10, 300, 5000].map((ms) => limit([ms, false]))).toEqual([1500, 2400, 10_000])
  })

  it('does not count two answers of five that were slow by accident, and knows a server that has become slow', () => {
    const quick: [number, boolean][] = Array(5).fill([10, false])
    const slow: [number, boolean] = [900, false]
    expect(limit(...quick, slow, slow)).toBe(1500)
    expect(limit(...quick, slow, slow, slow)).toBe(7200)
  })

  it('goes by new connections only as long as there are no kept ones', () => {
    expect([limit([10, true]), limit([1500, true])]).toEqual([2000, 3000])
    expect(limit([1500, true], [10, false])).toBe(1500)
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
