import { describe, expect, it } from 'vitest'
import { ALL_KINDS, examine } from '../../src/doctor/checks/index.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import type { Case } from './cases/changes.ts'
import { CLUSTER_CASES } from './cases/cluster.ts'
import { DEVICE_CASES } from './cases/device.ts'
import { GUARD_CASES } from './cases/guard.ts'
import { KERNEL_CASES } from './cases/kernel.ts'
import { NETWORK_CASES } from './cases/network.ts'
import { RULE_CASES } from './cases/rule.ts'
import { SERVER_CASES } from './cases/servers.ts'
import { THROUGH_CASES } from './cases/through.ts'
import { configOf, healthy } from './healthy.ts'

const CASES: readonly Case[] = [
  ...KERNEL_CASES,
  ...NETWORK_CASES,
  ...DEVICE_CASES,
  ...RULE_CASES,
  ...SERVER_CASES,
  ...THROUGH_CASES,
  ...CLUSTER_CASES,
  ...GUARD_CASES,
]

function findingsOf({ facts = {}, config = configOf() }: Case): Finding[] {
  return examine({ ...healthy(), ...facts }, config)
}

describe('examine()', () => {
  it.each(CASES)('$what: $findings', (one) => {
    const bad = findingsOf(one).filter(({ severity }) => severity !== 'ok')
    expect(bad.map(({ code }) => code)).toEqual(one.findings)
  })

  const all = CASES.flatMap(findingsOf)

  it('has a case for every kind of finding', () => {
    const seen = new Set(all.map(({ code }) => code))
    expect(Object.keys(ALL_KINDS).filter((code) => !seen.has(code))).toEqual([])
  })

  it('leaves no name in braces without its value', () => {
    for (const { advice = '', command = '', message } of all)
      expect(`${message} ${advice} ${command}`).not.toMatch(/\{\w+\}|undefined|NaN/)
  })

  it('says what to do about everything that is not ok', () => {
    for (const { code, severity, advice, command } of all)
      if (severity !== 'ok') expect([code, advice ?? command]).not.toEqual([code, undefined])
  })
})
