import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failures, onEach } from '../../src/cluster/fleet.ts'

const ALL = { failures: new Failures({ maxFailures: Number.POSITIVE_INFINITY }) }

describe('onEach', () => {
  it('never has more than so many at a time, and keeps the order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(4), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (turns, parallel) => {
          let now = 0
          let most = 0
          const work = async (ticks: number): Promise<number> => {
            most = Math.max(most, ++now)
            for (let tick = 0; tick <= ticks; tick++) await setImmediate()
            now -= 1
            return ticks
          }
          const outcomes = await onEach(turns, work, { ...ALL, parallel })
          expect(outcomes.map((one) => one.state === 'done' && one.result)).toEqual(turns)
          expect(most).toBeLessThanOrEqual(parallel)
          expect(most).toBe(Math.min(parallel, turns.length))
        },
      ),
    )
  })

  it('begins nothing more after one failure too many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 20 }), fc.nat(3), async (fates, maxFailures) => {
        const begun: number[] = []
        const work = async (index: number): Promise<boolean> => {
          begun.push(index)
          if (fates[index] === true) return true
          throw new Error('sick')
        }
        const failures = new Failures({ maxFailures })
        const outcomes = await onEach([...fates.keys()], work, { failures, parallel: 1 })
        // One at a time, the end is exactly at the failure that is one too many.
        const bad = fates.flatMap((fate, index) => (fate ? [] : [index]))
        const end = bad[maxFailures] ?? fates.length
        expect(begun).toEqual([...fates.keys()].slice(0, end + 1))
        expect(outcomes.filter(({ state }) => state === 'skipped')).toHaveLength(
          Math.max(0, fates.length - begun.length),
        )
      }),
    )
  })

  it('counts a result that is a failure', async () => {
    const failures = new Failures({})
    const outcomes = await onEach([1, 2, 3], async (n) => n, {
      failures,
      parallel: 1,
      failed: (n) => n === 2,
    })
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'failed', 'skipped'])
    expect(outcomes[1]).toMatchObject({ result: 2 })
  })

  it('begins nothing when it is stopped', async () => {
    const stop = new AbortController()
    const failures = new Failures({ signal: stop.signal })
    const work = async (): Promise<void> => stop.abort()
    const outcomes = await onEach([1, 2], work, { failures, parallel: 1 })
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'skipped'])
  })
})
