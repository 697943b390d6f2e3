import { describe, expect, it } from 'vitest'
import { UnderWay } from '../../src/reset/under-way.ts'

describe('UnderWay', () => {
  it('waits for what was begun, and forgets what has ended: a guard runs for months', async () => {
    const underWay = new UnderWay()
    const ended: number[] = []
    for (let number = 0; number < 100; number += 1)
      underWay.add(Promise.resolve().then(() => void ended.push(number)))
    expect(underWay.size).toBe(100)
    await underWay.settled()
    expect([ended.length, underWay.size]).toEqual([100, 0])
  })
})
