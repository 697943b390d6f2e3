import type { NftExpression } from './expression.ts'
import type { NftBase, NftChain, NftRule, NftTable } from './table.ts'

/**
 * True when a table that was read does what the wanted one would: the same chains in any order, the same rules in theirs.
 *
 * What counters have counted is not compared; an expression that this package cannot write is never the same.
 */
export function sameTable(found: NftTable, wanted: NftTable): boolean {
  if (found.family !== wanted.family || found.name !== wanted.name) return false
  if ((found.dormant ?? false) !== (wanted.dormant ?? false)) return false
  const chains = new Map(found.chains.map((chain) => [chain.name, chain]))
  return (
    chains.size === wanted.chains.length && wanted.chains.every((one) => sameChain(chains.get(one.name), one))
  )
}

function sameChain(found: NftChain | undefined, wanted: NftChain): boolean {
  return (
    found !== undefined && sameBase(found.base, wanted.base) && sameList(found.rules, wanted.rules, sameRule)
  )
}

function sameBase(found: NftBase | undefined, wanted: NftBase | undefined): boolean {
  if (found === undefined || wanted === undefined) return found === wanted
  return (
    found.type === wanted.type &&
    found.hook === wanted.hook &&
    found.priority === wanted.priority &&
    (found.policy ?? 'accept') === (wanted.policy ?? 'accept')
  )
}

function sameRule(found: NftRule, wanted: NftRule): boolean {
  return sameList(found, wanted, sameExpression)
}

function sameExpression(found: NftExpression, wanted: NftExpression): boolean {
  switch (found.kind) {
    case 'ct':
      return wanted.kind === 'ct' && found.key === wanted.key
    case 'payload':
      return wanted.kind === 'payload' && found.offset === wanted.offset && found.length === wanted.length
    case 'cmp':
      return (
        wanted.kind === 'cmp' && found.op === wanted.op && Buffer.compare(found.value, wanted.value) === 0
      )
    case 'other':
      return false
    default:
      return found.kind === wanted.kind
  }
}

function sameList<T>(
  found: readonly T[],
  wanted: readonly T[],
  same: (found: T, wanted: T) => boolean,
): boolean {
  return (
    found.length === wanted.length &&
    found.every((one, index) => {
      const other = wanted[index]
      return other !== undefined && same(one, other)
    })
  )
}
