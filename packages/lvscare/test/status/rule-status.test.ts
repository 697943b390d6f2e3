import { describe, expect, it } from 'vitest'
import { parseEndpoint } from '../../src/endpoint.ts'
import { ruleStatus } from '../../src/status/rule-status.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')

describe('ruleStatus', () => {
  it('is what the kernel has when no guard runs, and nothing when there is no rule', async () => {
    const guards = { askGuard: async () => undefined, guardsHere: () => [] }
    const rule = { virtual: VIRTUAL.text, scheduler: 'wrr', members: [] }
    expect(await ruleStatus(VIRTUAL, { guards, findRules: () => [rule] })).toMatchObject({
      source: 'kernel',
      virtual: VIRTUAL.text,
      scheduler: 'wrr',
    })
    expect(await ruleStatus(VIRTUAL, { guards, findRules: () => [] })).toBeUndefined()
  })

  it('says why a guard that runs was not heard, and rejects when the kernel cannot be read', async () => {
    const guards = { askGuard: async () => ({ source: 'guard' }), guardsHere: () => [VIRTUAL.text] }
    expect(await ruleStatus(VIRTUAL, { guards, findRules: () => [] })).toMatchObject({
      source: 'kernel',
      guardError: 'report.time is no text',
    })
    const none = { askGuard: async () => undefined, guardsHere: () => [] }
    const findRules = (): never => {
      throw new Error('not permitted')
    }
    await expect(ruleStatus(VIRTUAL, { guards: none, findRules })).rejects.toThrow('not permitted')
  })
})
