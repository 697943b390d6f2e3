import type { AddressFamily } from '../address.ts'
import type { NftExpression } from './expression.ts'

/** Where in a packet's way a chain is called, as nft(8) calls it; `hook-7` for a number that has no name here. */
export type NftHook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | `hook-${number}`

/** How the kernel calls a chain; one without it is called by rules alone. */
export interface NftBase {
  /** Such as `nat` or `filter`. */
  readonly type: string
  readonly hook: NftHook
  /** Chains of one hook are called in this order, the lowest first. */
  readonly priority: number
  /** What becomes of a packet that no rule decides about. @default 'accept' */
  readonly policy?: 'accept' | 'drop'
}

/** Expressions are run in their order until one does not match. */
export type NftRule = readonly NftExpression[]

/** A chain and its rules in their order. */
export interface NftChain {
  readonly name: string
  readonly base?: NftBase
  readonly rules: readonly NftRule[]
}

/** A table of nf_tables with what is in it; sets, maps and other objects are left out. */
export interface NftTable {
  /** `inet` is IPv4, the `ip` of nft(8), and `inet6` its `ip6`: its own `inet`, which is both, is not offered. */
  readonly family: AddressFamily
  readonly name: string
  /** Switched off: its chains are not called. @default false */
  readonly dormant?: boolean
  readonly chains: readonly NftChain[]
}
