import { describe, expect, it } from 'vitest'
import { isDueForRenewal } from '../../src/probe/renewal.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('isDueForRenewal', () => {
  it('lets a connection live whose certificate is good for more than thirty days, or that has none', () => {
    const age = { madeMs: 0, expiresMs: 365 * DAY_MS }
    for (const day of [0, 1, 100, 334]) expect(isDueForRenewal(age, day * DAY_MS)).toBe(false)
    expect(isDueForRenewal({ madeMs: 0, expiresMs: undefined }, 999 * DAY_MS)).toBe(false)
  })

  it('looks once an hour in the last thirty days, and after them', () => {
    for (const day of [335, 364, 366, 400]) {
      const madeMs = day * DAY_MS + 1
      const age = { madeMs, expiresMs: 365 * DAY_MS }
      expect(isDueForRenewal(age, madeMs + HOUR_MS - 1)).toBe(false)
      expect(isDueForRenewal(age, madeMs + HOUR_MS)).toBe(true)
    }
  })

  it('makes a new one at the moment at which the certificate ends', () => {
    const age = { madeMs: 1000, expiresMs: 2000 }
    expect(isDueForRenewal(age, 1999)).toBe(false)
    expect(isDueForRenewal(age, 2000)).toBe(true)
  })

  it('does not wait for hours that a clock was set back', () => {
    const age = { madeMs: 10 * DAY_MS, expiresMs: 20 * DAY_MS }
    expect(isDueForRenewal(age, 9 * DAY_MS)).toBe(true)
  })
})
