import { unsigned } from '../bytes.ts'
import { RouteScopeNumber, RouteTypeNumber } from './constants.ts'

/** What a route does with a packet, as `ip route` calls it; `type-13` for a number that has no name here. */
export type RouteType = Lowercase<keyof typeof RouteTypeNumber> | `type-${number}`

/** How far away a destination is, as `ip route` calls it (`universe` is its `global`); `scope-7` for a number without a name. */
export type RouteScope = Lowercase<keyof typeof RouteScopeNumber> | `scope-${number}`

/** The word for an `RTN_*` number; never fails, for newer kernels have more of them. */
export function routeType(number: number): RouteType {
  return TYPE_WORDS.get(number) ?? `type-${number}`
}

/** The word for an `RT_SCOPE_*` number; never fails, for administrators may use any. */
export function routeScope(number: number): RouteScope {
  return SCOPE_WORDS.get(number) ?? `scope-${number}`
}

/** The `RTN_*` number of a word; throws RangeError for one that is none or does not fit a byte. */
export function routeTypeNumber(word: RouteType): number {
  return numberOf(word, TYPE_WORDS, 'type-')
}

/** The `RT_SCOPE_*` number of a word; throws RangeError for one that is none or does not fit a byte. */
export function routeScopeNumber(word: RouteScope): number {
  return numberOf(word, SCOPE_WORDS, 'scope-')
}

const TYPE_WORDS = words(RouteTypeNumber)
const SCOPE_WORDS = words(RouteScopeNumber)

function words<Name extends string>(numbers: Record<Name, number>): Map<number, Lowercase<Name>> {
  const pairs = Object.entries<number>(numbers)
  return new Map(pairs.map(([name, number]) => [number, name.toLowerCase() as Lowercase<Name>]))
}

function numberOf(word: string, known: ReadonlyMap<number, string>, prefix: string): number {
  for (const [number, name] of known) if (name === word) return number
  const digits = word.startsWith(prefix) ? word.slice(prefix.length) : ''
  return unsigned(`route ${prefix}number "${word}"`, /^\d+$/.test(digits) ? Number(digits) : Number.NaN, 8)
}
