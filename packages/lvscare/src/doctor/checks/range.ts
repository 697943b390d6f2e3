import ipaddr from 'ipaddr.js'

/** True when a range such as `10.96.0.0/12` holds an address; false for what is no range, or of the other family. */
export function holds(range: string, address: string): boolean {
  if (!ipaddr.isValidCIDR(range)) return false
  const [network, length] = ipaddr.parseCIDR(range)
  const parsed = ipaddr.parse(address)
  return parsed.kind() === network.kind() && parsed.match(network, length)
}
