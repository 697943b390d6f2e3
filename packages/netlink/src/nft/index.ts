export { Nftables, type NftablesOptions } from './client.ts'
export {
  counter,
  masquerade,
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  type NftCmpOp,
  type NftCtKey,
  type NftExpression,
} from './expression.ts'
export { sameTable } from './same-table.ts'
export type { NftBase, NftChain, NftHook, NftRule, NftTable } from './table.ts'
