import { type Nftables, type NftTable, sameTable } from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'
import { masqueradeTable } from './masquerade-rule.ts'
import type { Piece, Step, StepKind } from './step.ts'

/** What is used of {@link Nftables} here, so that a test can hand in tables in memory. */
export type FirewallTables = Pick<Nftables, 'generation' | 'table' | 'replaceTable' | 'deleteTable'>

/**
 * Gives connections that reach the virtual server from elsewhere, such as from pods, an address of this node.
 *
 * In a table of our own, which nobody else has a reason to touch. It is looked at only when the kernel says that
 * some table has changed, because that is one number.
 */
export class MasqueradePiece implements Piece {
  readonly name = 'masquerade'
  readonly #open: () => FirewallTables
  readonly #virtual: Endpoint
  readonly #spared: () => string | undefined
  #tables: FirewallTables | undefined
  /** The generation in which the table was last seen to be right, and for which spared address. */
  #seen: { readonly generation: number; readonly spared: string | undefined } | undefined
  /** What was spared the last time. */
  #before: { readonly spared: string | undefined } | undefined

  /** `open` is called when the tables are first needed; `spared` is the source that needs no other address. */
  constructor(open: () => FirewallTables, virtual: Endpoint, spared: () => string | undefined) {
    this.#open = open
    this.#virtual = virtual
    this.#spared = spared
  }

  plan(): Step[] {
    const tables = this.#kernel()
    const spared = this.#spared()
    const wantedChanged = this.#before === undefined || this.#before.spared !== spared
    this.#before = { spared }
    const generation = tables.generation()
    if (this.#seen?.generation === generation && this.#seen.spared === spared) return []
    const wanted = masqueradeTable(this.#virtual, spared)
    const found = tables.table(wanted.family, wanted.name)
    if (found !== undefined && sameTable(found, wanted)) {
      this.#seen = { generation, spared }
      return []
    }
    this.#seen = undefined
    const apply = (): void => tables.replaceTable(wanted)
    return [{ ...this.#step('set-masquerade', found, apply), wantedChanged }]
  }

  undo(): Step[] {
    const tables = this.#kernel()
    const { family, name } = masqueradeTable(this.#virtual, undefined)
    const found = tables.table(family, name)
    if (found === undefined) return []
    return [this.#step('delete-masquerade', found, () => void tables.deleteTable(family, name))]
  }

  #kernel(): FirewallTables {
    this.#tables ??= this.#open()
    return this.#tables
  }

  #step(kind: StepKind, found: NftTable | undefined, apply: () => void): Step {
    const { family, name } = masqueradeTable(this.#virtual, undefined)
    const subject = `table ${family === 'inet' ? 'ip' : 'ip6'} ${name}`
    return { piece: this.name, kind, subject, found: describe(found), apply }
  }
}

function describe(found: NftTable | undefined): string {
  if (found === undefined) return 'nothing'
  const rules = found.chains.reduce((sum, chain) => sum + chain.rules.length, 0)
  return `${found.chains.length} chains, ${rules} rules`
}
