import { formatAddress, parseAddress } from '../address.ts'
import { formatPrefix, parsePrefix } from './prefix.ts'
import type { Route, RouteFilter } from './route.ts'

/** True for a route the filter asks for, whatever the kernel made of it; addresses match in any spelling. */
export function selectsRoute(filter: RouteFilter, route: Route): boolean {
  const { destination, preferredSource, gateway, ...plain } = filter
  return (
    Object.entries(plain).every(([key, value]) => route[key as keyof Route] === value) &&
    (destination === undefined || canonicalPrefix(destination) === route.destination) &&
    (preferredSource === undefined || canonicalAddress(preferredSource) === route.preferredSource) &&
    (gateway === undefined || canonicalAddress(gateway) === route.gateway)
  )
}

function canonicalPrefix(text: string): string {
  const { bytes, length } = parsePrefix(text)
  return formatPrefix(bytes, length)
}

function canonicalAddress(text: string): string {
  return formatAddress(parseAddress(text).bytes)
}
