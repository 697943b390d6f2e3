import {
  counter,
  masquerade,
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  type NftChain,
  type NftRule,
  type NftTable,
} from '../../src/index.ts'

const BASE = { type: 'nat', hook: 'postrouting', priority: 100 } as const

/** Everything that this package can write. */
export const RULE: NftRule = [
  ...matchOriginalDestination('10.99.0.1'),
  ...matchSource('10.0.0.1', 'neq'),
  ...matchProtocol(6),
  ...matchOriginalPort(6443),
  counter(),
  masquerade(),
]

/** A chain of these rules that the kernel calls for what leaves. */
export function chainOf(...rules: NftRule[]): NftChain {
  return { name: 'post', base: BASE, rules }
}

/** A table as it is asked for. */
export const TABLE: NftTable = { family: 'inet', name: 'guard', chains: [chainOf(RULE)] }

/** The same as the kernel tells it. */
export const FOUND: NftTable = {
  ...TABLE,
  dormant: false,
  chains: [{ ...chainOf(RULE), base: { ...BASE, policy: 'accept' } }],
}
