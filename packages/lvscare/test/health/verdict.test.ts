import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verdictOfStatus } from '../../src/index.ts'

describe('verdictOfStatus', () => {
  it.each([
    [200, 'healthy', 'ok'],
    [204, 'healthy', 'ok'],
    [302, 'healthy', 'ok'],
    [399, 'healthy', 'ok'],
    [400, 'sick', 'status'],
    [401, 'healthy', 'unauthorized'],
    [402, 'sick', 'status'],
    [403, 'healthy', 'unauthorized'],
    [404, 'sick', 'status'],
    [429, 'sick', 'status'],
    [500, 'sick', 'status'],
    [503, 'sick', 'status'],
  ])('of %d is %s, %s', (status, outcome, reason) => {
    expect(verdictOfStatus(status, 7)).toEqual({ outcome, reason, status, ms: 7 })
  })

  it.each([
    [429, 'healthy', 'listed'],
    [401, 'healthy', 'listed'],
    [403, 'healthy', 'unauthorized'],
    [500, 'sick', 'status'],
    [200, 'healthy', 'ok'],
  ])('of %d is %s, %s where 200, 401 and 429 are listed', (status, outcome, reason) => {
    const listed = new Set([200, 401, 429])
    expect(verdictOfStatus(status, 7, listed)).toEqual({ outcome, reason, status, ms: 7 })
  })

  it('never calls a server that answers dead', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), (status) => {
        expect(verdictOfStatus(status, 0).outcome).not.toBe('dead')
      }),
    )
  })
})
