import type { AddressFamily, NftTable } from '@lvscare/netlink'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type FirewallTables,
  MasqueradePiece,
  masqueradeTable,
  parseEndpoint,
  runPass,
  undoAll,
} from '../../src/index.ts'

const QUIET = { applied: [], failures: [] }

/** Tables in memory, which count how often one was read. */
class FakeTables implements FirewallTables {
  readonly held = new Map<string, NftTable>()
  reads = 0
  #generation = 1

  generation(): number {
    return this.#generation
  }

  table(family: AddressFamily, name: string): NftTable | undefined {
    this.reads += 1
    return this.held.get(`${family} ${name}`)
  }

  replaceTable(table: NftTable): void {
    this.#generation += 1
    this.held.set(`${table.family} ${table.name}`, table)
  }

  deleteTable(family: AddressFamily, name: string): boolean {
    this.#generation += 1
    return this.held.delete(`${family} ${name}`)
  }
}

describe.each([
  ['IPv4', parseEndpoint('10.103.97.2:6443'), 'inet', 'lvscare-10.103.97.2-6443', '192.0.2.1', '192.0.2.2'],
  ['IPv6', parseEndpoint('[fd00::2]:6443'), 'inet6', 'lvscare-fd00--2-6443', '2001:db8::1', '2001:db8::2'],
] as const)('MasqueradePiece (%s)', (_what, virtual, family, name, node, moved) => {
  let tables: FakeTables
  let spared: string | undefined
  let piece: MasqueradePiece

  beforeEach(() => {
    tables = new FakeTables()
    spared = node
    piece = new MasqueradePiece(
      () => tables,
      virtual,
      () => spared,
    )
  })

  it('makes one table of its own and then looks at one number', () => {
    expect(runPass([piece]).applied).toMatchObject([{ kind: 'set-masquerade', found: 'nothing' }])
    expect([...tables.held]).toEqual([[`${family} ${name}`, masqueradeTable(virtual, node)]])
    expect(runPass([piece])).toEqual(QUIET)
    const { reads } = tables
    expect(runPass([piece])).toEqual(QUIET)
    expect(tables.reads).toBe(reads)
  })

  it('looks again when any table has changed, and mends its own', () => {
    runPass([piece])
    runPass([piece])
    tables.replaceTable({ family, name: 'somebody-else', chains: [] })
    expect(runPass([piece])).toEqual(QUIET)
    tables.deleteTable(family, name)
    expect(runPass([piece]).applied).toMatchObject([
      { kind: 'set-masquerade', found: 'nothing', wantedChanged: false },
    ])
    const chain = { name: 'postrouting', rules: [] }
    tables.replaceTable({ family, name, chains: [chain] })
    expect(runPass([piece]).applied).toMatchObject([{ found: '1 chains, 0 rules' }])
    expect(tables.held.get(`${family} ${name}`)).toEqual(masqueradeTable(virtual, node))
  })

  it('follows the node’s address, which is no repair', () => {
    runPass([piece])
    runPass([piece])
    spared = moved
    expect(runPass([piece]).applied).toMatchObject([{ wantedChanged: true }])
    expect(tables.held.get(`${family} ${name}`)).toEqual(masqueradeTable(virtual, moved))
  })

  it('takes the table back, and no other', () => {
    runPass([piece])
    tables.replaceTable({ family, name: 'somebody-else', chains: [] })
    expect(undoAll([piece]).applied).toMatchObject([{ kind: 'delete-masquerade' }])
    expect([...tables.held.keys()]).toEqual([`${family} somebody-else`])
    expect(undoAll([piece])).toEqual(QUIET)
  })
})
