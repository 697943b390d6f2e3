import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleWeights } from '../../src/health/rule-weights.ts'
import { FULL_WEIGHT } from '../../src/health/slow-start.ts'
import { Fleet } from '../../src/index.ts'
import { DEAD, HEALTHY, SICK } from '../verdicts.ts'

const SERVERS = ['a', 'b']

function ruled(slowStartMs?: number) {
  const options = { rise: 1, fall: 1, allDown: 'keep', togetherMs: 10, nowMs: 0 } as const
  const fullWeight = slowStartMs === undefined ? 1 : FULL_WEIGHT
  const fleet = new Fleet({ servers: SERVERS, adopted: undefined, fullWeight, ...options })
  for (const server of SERVERS) fleet.record(server, HEALTHY, 0)
  const rule = new RuleWeights(fleet, { slowStartMs })
  return { fleet, rule, at: (nowMs: number) => Object.fromEntries(rule.at(nowMs)) }
}

describe('RuleWeights', () => {
  it('gives what the servers deserve, and the same map while nothing changes', () => {
    const { rule, fleet, at } = ruled()
    expect(at(1)).toEqual({ a: 1, b: 1 })
    expect(rule.at(2)).toBe(fleet.weights())
  })

  it('keeps a server that leaves at weight 0 until it is let go', () => {
    const { rule, fleet, at } = ruled()
    rule.hold('a')
    expect(at(1)).toEqual({ a: 1, b: 1 })
    for (const verdict of [DEAD, DEAD]) fleet.record('a', verdict, 100)
    expect(at(101)).toEqual({ a: 0, b: 1 })
    rule.letGo('a')
    expect(at(102)).toEqual({ b: 1 })
  })

  it('starts a new rule with full weights, and gives a server that comes back its own in steps', () => {
    const { fleet, at } = ruled(9000)
    expect(at(1)).toEqual({ a: 10, b: 10 })
    for (const verdict of [DEAD, DEAD, HEALTHY]) fleet.record('a', verdict, 1000)
    expect([1000, 1999, 2000, 5500, 9999, 10_000, 60_000].map((ms) => at(ms)['a'])).toEqual([
      1, 1, 2, 5, 9, 10, 10,
    ])
    expect(at(2000)['b']).toBe(10)
  })

  it('does not begin again for a suspicion that proves false, nor stop for a verdict', () => {
    const { fleet, at } = ruled(9000)
    fleet.record('a', SICK, 0)
    fleet.record('a', HEALTHY, 1000)
    fleet.suspect('a', 4000)
    expect(at(4000)['a']).toBe(0)
    fleet.clear('a', 4500)
    expect(at(5500)['a']).toBe(5)
    fleet.suspect('a', 5600)
    fleet.record('a', HEALTHY, 5700)
    expect(at(6500)['a']).toBe(6)
    fleet.suspect('b', 7000)
    fleet.clear('b', 7001)
    expect(at(7002)['b']).toBe(10)
  })

  it('never gives a server that is up less than 1, nor more than its full weight, and only ever more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.array(fc.nat(50_000)), (slowStartMs, waits) => {
        const { fleet, at } = ruled(slowStartMs)
        for (const verdict of [DEAD, DEAD, HEALTHY]) fleet.record('a', verdict, 100)
        let [nowMs, last] = [100, 1]
        for (const ms of waits) {
          nowMs += ms
          const weight = at(nowMs)['a'] ?? 0
          expect(weight).toBeGreaterThanOrEqual(last)
          expect(weight).toBeLessThanOrEqual(FULL_WEIGHT)
          last = weight
        }
      }),
    )
  })
})
