import ipaddr from 'ipaddr.js'

/** True when two texts are the same address; false for what is none. */
export function isSameAddress(one: string, other: string): boolean {
  return shortest(one) !== undefined && shortest(one) === shortest(other)
}

/** True for an address by which others could reach the node: neither loopback nor only good on one link. */
export function isGlobal(address: string): boolean {
  const text = withoutZone(address)
  if (!ipaddr.isValid(text)) return false
  const range = ipaddr.parse(text).range()
  return range !== 'loopback' && range !== 'linkLocal' && range !== 'unspecified' && range !== 'multicast'
}

/** True for an IPv6 address. */
export function isIpv6(address: string): boolean {
  return address.includes(':')
}

function shortest(address: string): string | undefined {
  const text = withoutZone(address)
  return ipaddr.isValid(text) ? ipaddr.parse(text).toString() : undefined
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
