import type { AddressFamily } from '../address.ts'
import { Flag } from '../constants.ts'
import { DecodeError, KernelError, NoSubsystemError } from '../errors.ts'
import { decodeChain, encodeChain } from './chain-codec.ts'
import { NftMsg } from './constants.ts'
import { type Change, type NftablesOptions, NftExchange } from './exchange.ts'
import { decodeRule, encodeRule } from './rule-codec.ts'
import type { NftChain, NftRule, NftTable } from './table.ts'
import {
  decodeTable,
  encodeTable,
  encodeTableKey,
  isName,
  type TableInfo,
  type TableKey,
} from './table-codec.ts'

export type { NftablesOptions } from './exchange.ts'

/**
 * Whole tables of nf_tables, in the network namespace of this process.
 *
 * Every method, also one that only reads, throws {@link KernelError} `EPERM` without CAP_NET_ADMIN, and
 * {@link SyscallError} when the socket fails. The first one makes the kernel load nf_tables.
 */
export class Nftables {
  readonly #kernel: NftExchange

  private constructor(kernel: NftExchange) {
    this.#kernel = kernel
  }

  /** Opens nothing yet: the first call of another method opens the connection. */
  static open(options: NftablesOptions = {}): Nftables {
    return new Nftables(new NftExchange(options))
  }

  /** Closes the connection. */
  close(): void {
    this.#kernel.close()
  }

  /**
   * A number that is another one after any change to any table: as long as it is the same, so is everything read before.
   *
   * Throws {@link NoSubsystemError} where the kernel has no nf_tables.
   */
  generation(): number {
    return this.#kernel.generation()
  }

  /** The names of all tables of a family; none where the kernel has no nf_tables. */
  tables(family: AddressFamily): string[] {
    return unlessMissing(
      () => this.#dump(NftMsg.GETTABLE, encodeTableKey({ family })).map(decodeTable),
      [],
    ).map(({ name }) => name)
  }

  /**
   * A table with all its chains and rules; undefined when it is not there, or no nf_tables.
   *
   * It is read in several parts. Who keeps it asks for the {@link Nftables.generation} before: if that is the same later,
   * nothing has changed, neither since nor in between.
   */
  table(family: AddressFamily, name: string): NftTable | undefined {
    return unlessMissing(() => this.#table({ family, name }), undefined)
  }

  /**
   * Makes a table as it is given, or replaces the one of its name, at once: there is no moment without it. Counters begin anew.
   *
   * Throws {@link KernelError} with the name of the refused part (`ENOENT`: the kernel has no module for it), and then
   * nothing has changed; {@link NoSubsystemError}; and RangeError for what no kernel would take.
   */
  replaceTable(table: NftTable): void {
    this.#kernel.commit(replacement(table))
  }

  /** Deletes a table with everything in it; false when it was not there, or no nf_tables. */
  deleteTable(family: AddressFamily, name: string): boolean {
    const change = { name: `DELTABLE ${name}`, message: NftMsg.DELTABLE }
    const payload = encodeTableKey({ family, name })
    try {
      return unlessMissing(() => {
        this.#kernel.commit([{ ...change, payload }])
        return true
      }, false)
    } catch (error) {
      if (error instanceof KernelError && error.errno === 'ENOENT') return false
      throw error
    }
  }

  #table(key: TableKey): NftTable | undefined {
    const [payload] = this.#kernel.read(NftMsg.GETTABLE, encodeTableKey(key), { get: true })
    if (payload === undefined) return undefined
    const info = decodeTable(payload)
    const rules = this.#rules(key)
    const chains = this.#chains(key, info, [...rules.keys()])
    const { dormant } = info
    return { ...key, dormant, chains: chains.map((one) => ({ ...one, rules: rules.get(one.name) ?? [] })) }
  }

  /** The rules by the names of their chains, of those chains that have any. */
  #rules(key: TableKey): Map<string, NftRule[]> {
    const rules = new Map<string, NftRule[]>()
    for (const payload of this.#dump(NftMsg.GETRULE, encodeRule(key))) {
      const { table, chain, rule } = decodeRule(payload)
      if (table !== key.name) continue
      // It is asked for by this name next.
      if (!isName(chain)) throw new DecodeError('rule.NFTA_RULE_CHAIN', 'a name', JSON.stringify(chain))
      const others = rules.get(chain)
      if (others === undefined) rules.set(chain, [rule])
      else others.push(rule)
    }
    return rules
  }

  #chains(key: TableKey, { use }: TableInfo, names: readonly string[]): Omit<NftChain, 'rules'>[] {
    // The kernel does not filter a dump by table, and other tables may have thousands of chains: it is asked for all of
    // them only when there is more in the table than the chains that have a rule.
    const payloads =
      names.length === use
        ? names.flatMap((name) =>
            this.#kernel.read(NftMsg.GETCHAIN, encodeChain(key, { name, rules: [] }), { get: true }),
          )
        : this.#dump(NftMsg.GETCHAIN, encodeTableKey({ family: key.family }))
    return payloads
      .map(decodeChain)
      .filter(({ table }) => table === key.name)
      .map(({ table: _, ...chain }) => chain)
  }

  #dump(message: number, payload: Uint8Array): Uint8Array[] {
    return this.#kernel.read(message, payload, { flags: Flag.DUMP })
  }
}

/** A table to delete is made first if it has to be: then it is there, whatever was before. */
function replacement(table: NftTable): Change[] {
  const { name, chains } = table
  const make = { message: NftMsg.NEWTABLE, flags: Flag.CREATE, payload: encodeTable(table) }
  return [
    { ...make, name: `NEWTABLE ${name}` },
    { name: `DELTABLE ${name}`, message: NftMsg.DELTABLE, payload: encodeTableKey(table) },
    { ...make, name: `NEWTABLE ${name}` },
    ...chains.map((chain) => ({
      ...{ name: `NEWCHAIN ${name} ${chain.name}`, message: NftMsg.NEWCHAIN, flags: Flag.CREATE },
      payload: encodeChain(table, chain),
    })),
    ...chains.flatMap((chain) =>
      chain.rules.map((rule, index) => ({
        ...{ name: `NEWRULE ${index + 1} of ${name} ${chain.name}`, message: NftMsg.NEWRULE },
        ...{ flags: Flag.CREATE | Flag.APPEND, payload: encodeRule(table, chain.name, rule) },
      })),
    ),
  ]
}

function unlessMissing<T>(call: () => T, otherwise: T): T {
  try {
    return call()
  } catch (error) {
    if (error instanceof NoSubsystemError) return otherwise
    throw error
  }
}
