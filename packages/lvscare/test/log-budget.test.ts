import { describe, expect, it } from 'vitest'
import { LogBudget } from '../src/log-budget.ts'

describe('LogBudget', () => {
  it('lets ten a minute through, and tells how many it did not', () => {
    const budget = new LogBudget()
    const taken = Array.from({ length: 600 }, (_, n) => budget.take('a', n * 200))
    expect(taken.filter((left) => left !== undefined)).toHaveLength(20)
    expect(taken.slice(0, 11)).toEqual([...Array(10).fill(0), undefined])
    expect(taken[300]).toBe(290)
    expect(taken[301]).toBe(0)
  })

  it('keeps one kind from being silenced by another', () => {
    const budget = new LogBudget()
    for (let n = 0; n < 20; n += 1) budget.take('a', 0)
    expect(budget.take('b', 0)).toBe(0)
  })
})
