import { describe, expect, it } from 'vitest'
import {
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  type NftBase,
  type NftChain,
  type NftExpression,
  type NftRule,
  type NftTable,
  sameTable,
} from '../../src/index.ts'
import { chainOf, FOUND, RULE, TABLE } from './tables.ts'

const OTHER: NftChain = { name: 'other', rules: [] }

/** The rule with one expression replaced, left out or put in front. */
function changed(at: number, ...by: NftExpression[]): NftRule {
  return [...RULE.slice(0, at), ...by, ...RULE.slice(at + 1)]
}

function based(base: Partial<NftBase>): NftTable {
  const [chain] = FOUND.chains
  const usual = { type: 'nat', hook: 'postrouting', priority: 100 } as const
  return { ...FOUND, chains: [{ rules: [], name: '', ...chain, base: { ...usual, ...base } }] }
}

describe('sameTable() is true', () => {
  it('for what the kernel tells of a table that was made', () => {
    expect(sameTable(FOUND, TABLE)).toBe(true)
    expect(sameTable(TABLE, FOUND)).toBe(true)
    expect(sameTable({ ...FOUND, dormant: true }, { ...TABLE, dormant: true })).toBe(true)
  })

  it('whatever has been counted', () => {
    const counted = RULE.map((one) => (one.kind === 'counter' ? { ...one, packets: 9n, bytes: 900n } : one))
    expect(sameTable({ ...FOUND, chains: [chainOf(counted)] }, TABLE)).toBe(true)
  })

  it('whatever the order of chains', () => {
    expect(
      sameTable({ ...FOUND, chains: [OTHER, chainOf(RULE)] }, { ...TABLE, chains: [chainOf(RULE), OTHER] }),
    ).toBe(true)
  })
})

describe('sameTable() is false for', () => {
  it.each<readonly [string, NftTable]>([
    ['another family', { ...FOUND, family: 'inet6' }],
    ['another name', { ...FOUND, name: 'other' }],
    ['one that is switched off', { ...FOUND, dormant: true }],
    ['one without chains', { ...FOUND, chains: [] }],
    ['one chain more', { ...FOUND, chains: [chainOf(RULE), OTHER] }],
    ['another chain', { ...FOUND, chains: [{ ...chainOf(RULE), name: 'other' }] }],
    ['a chain that nobody calls', { ...FOUND, chains: [{ name: 'post', rules: [RULE] }] }],
    ['another type', based({ type: 'filter' })],
    ['another hook', based({ hook: 'input' })],
    ['another priority', based({ priority: 99 })],
    ['another policy', based({ policy: 'drop' })],
  ])('%s', (_what, found) => {
    expect(sameTable(found, TABLE)).toBe(false)
  })

  it.each<readonly [string, readonly NftRule[]]>([
    ['no rule', []],
    ['the rule twice', [RULE, RULE]],
    ['one more in front', [[], RULE]],
    ['an expression less', [RULE.slice(0, -1)]],
    ['an expression more', [[...RULE, { kind: 'masq' }]]],
    ['another address', [changed(1, ...matchOriginalDestination('10.99.0.2').slice(1))]],
    ['an address of IPv6', [changed(0, ...matchOriginalDestination('fd00::1').slice(0, 1))]],
    ['another field', [changed(2, ...matchSource('fd00::1').slice(0, 1))]],
    ['the opposite', [changed(3, ...matchSource('10.0.0.1').slice(1))]],
    ['another protocol', [changed(5, ...matchProtocol(17).slice(1))]],
    ['another port', [changed(7, ...matchOriginalPort(443).slice(1))]],
    ['no counter', [changed(8)]],
    ['what nobody here can write', [changed(9, { kind: 'other', name: 'masq' })]],
  ])('%s', (_what, rules) => {
    expect(sameTable({ ...FOUND, chains: [chainOf(...rules)] }, TABLE)).toBe(false)
  })

  it('expressions that cannot be read, also when they are called the same', () => {
    const odd = { ...TABLE, chains: [chainOf([{ kind: 'other', name: 'limit' }])] }
    expect(sameTable(odd, odd)).toBe(false)
  })
})
