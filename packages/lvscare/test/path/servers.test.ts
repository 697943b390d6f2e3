import type { NewDestination } from '@lvscare/ipvs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  endpoint,
  endpointText,
  parseEndpoint,
  planMembers,
  runPass,
  ServersPiece,
  serviceKey,
  type Wanted,
} from '../../src/index.ts'
import { FakeTable, memberOf } from '../fake-table.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const KEY = serviceKey(VIRTUAL)
const SERVERS = [1, 2, 3].map((last) => endpoint(`192.0.2.${last}`, 'inet', 6443))

function wanted(...weights: readonly (number | undefined)[]): Wanted {
  const given = SERVERS.flatMap(({ text }, at) => {
    const weight = weights[at]
    return weight === undefined ? [] : [[text, weight] as const]
  })
  return { servers: SERVERS, weights: new Map(given) }
}

function tableOf(members: readonly NewDestination[]): FakeTable {
  const table = new FakeTable()
  table.addService({ ...KEY, scheduler: 'rr' })
  for (const member of members) table.addDestination(KEY, member)
  table.writes.length = 0
  return table
}

/** `192.0.2.1` to `192.0.2.6`: half of them configured, half strangers. */
const anyMember: fc.Arbitrary<NewDestination> = fc.record({
  address: fc.integer({ min: 1, max: 6 }).map((last) => `192.0.2.${last}`),
  port: fc.constantFrom(6443, 6444),
  weight: fc.nat(3),
  forward: fc.constantFrom('masq', 'droute', 'local'),
  upperThreshold: fc.nat(1),
  lowerThreshold: fc.constant(0),
})
const anyMembers = fc.uniqueArray(anyMember, {
  maxLength: 12,
  selector: ({ address, port }) => endpointText(address, port),
})
const anyWeight = fc.option(fc.nat(1), { nil: undefined })
const anyWanted = fc.tuple(anyWeight, anyWeight, anyWeight).map((weights) => wanted(...weights))

describe('planMembers', () => {
  it.each([
    ['adds who is missing', [], wanted(1, 0), ['add-server 192.0.2.1 1', 'add-server 192.0.2.2 0']],
    [
      'corrects a weight',
      [{ address: '192.0.2.1', port: 6443, weight: 5 }],
      wanted(1),
      ['set-server 192.0.2.1 1'],
    ],
    [
      'corrects a method',
      [{ address: '192.0.2.1', port: 6443, forward: 'droute' as const }],
      wanted(1),
      ['set-server 192.0.2.1 1'],
    ],
    [
      'corrects an upper threshold',
      [{ address: '192.0.2.1', port: 6443, upperThreshold: 9 }],
      wanted(1),
      ['set-server 192.0.2.1 1'],
    ],
    [
      'corrects a lower threshold',
      [{ address: '192.0.2.1', port: 6443, lowerThreshold: 9 }],
      wanted(1),
      ['set-server 192.0.2.1 1'],
    ],
    ['leaves alone what agrees', [{ address: '192.0.2.1', port: 6443 }], wanted(1), []],
    ['drains who leaves', [{ address: '192.0.2.1', port: 6443 }], wanted(), ['set-server 192.0.2.1 0']],
    [
      'deletes who is drained',
      [{ address: '192.0.2.1', port: 6443, weight: 0 }],
      wanted(),
      ['delete-server 192.0.2.1 0'],
    ],
    [
      'takes another port for another server',
      [{ address: '192.0.2.1', port: 1, weight: 0 }],
      wanted(1),
      ['add-server 192.0.2.1 1', 'delete-server 192.0.2.1 0'],
    ],
  ])('%s', (_what, observed, want, changes) => {
    const plan = planMembers(want, observed.map(memberOf))
    expect(plan.map(({ kind, member }) => `${kind} ${member.address} ${member.weight}`)).toEqual(changes)
  })

  it('keeps the method and thresholds of a stranger while it drains', () => {
    const stranger = memberOf({
      address: '192.0.2.9',
      port: 1,
      forward: 'droute',
      upperThreshold: 8,
      weight: 4,
    })
    const [change] = planMembers(wanted(), [stranger])
    expect(change?.member).toMatchObject({ forward: 'droute', upperThreshold: 8, weight: 0 })
  })
})

describe('ServersPiece', () => {
  it('reaches the wanted members from any start within two passes, and then rests', () => {
    fc.assert(
      fc.property(anyMembers, anyWanted, (before, want) => {
        const table = tableOf(before)
        const piece = new ServersPiece(table, VIRTUAL, () => want)
        for (const _ of [1, 2]) expect(runPass([piece]).failures).toEqual([])
        expect(table.weights(KEY)).toEqual(new Map([...want.weights]))
        for (const member of table.destinations(KEY) ?? [])
          expect(member).toMatchObject({ forward: 'masq', upperThreshold: 0, lowerThreshold: 0 })
        expect(piece.plan()).toEqual([])
      }),
    )
  })

  it('gives no member a connection after the first pass that should have none', () => {
    fc.assert(
      fc.property(anyMembers, anyWanted, (before, want) => {
        const table = tableOf(before)
        runPass([new ServersPiece(table, VIRTUAL, () => want)])
        for (const [text, weight] of table.weights(KEY) ?? [])
          expect(weight).toBe(want.weights.get(text) ?? 0)
      }),
    )
  })

  it('does not write to members that agree', () => {
    const table = tableOf([{ address: '192.0.2.1', port: 6443 }])
    runPass([new ServersPiece(table, VIRTUAL, () => wanted(1))])
    expect(table.writes).toEqual([])
  })

  it('says what it does and what it found', () => {
    const table = tableOf([
      { address: '192.0.2.3', port: 6443, weight: 2 },
      { address: '192.0.2.9', port: 1, weight: 0 },
    ])
    const steps = new ServersPiece(table, VIRTUAL, () => wanted(1, undefined, 0)).plan()
    expect(steps.map(({ piece, kind, subject, found }) => [piece, kind, subject, found])).toEqual([
      ['servers', 'add-server', '192.0.2.1:6443 weight 1', 'nothing'],
      ['servers', 'set-server', '192.0.2.3:6443 weight 0', 'masq weight 2'],
      ['servers', 'delete-server', '192.0.2.9:1', 'masq weight 0'],
    ])
  })

  it('plans nothing for a service that could not be made, and undoes nothing by itself', () => {
    const piece = new ServersPiece(new FakeTable(), VIRTUAL, () => wanted(1, 1))
    expect(piece.plan()).toEqual([])
    expect(piece.undo()).toEqual([])
  })
})
