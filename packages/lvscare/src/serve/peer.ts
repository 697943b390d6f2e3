import ipaddr from 'ipaddr.js'

/** Both ends of a connection, as Node tells them; `undefined` when it is over already. */
export interface Ends {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
}

/** True for a connection that this node made to itself, as kubelet's probes are. */
export function isOwn({ remoteAddress, localAddress }: Ends): boolean {
  if (remoteAddress === undefined) return false
  return remoteAddress === localAddress || ipaddr.process(withoutZone(remoteAddress)).range() === 'loopback'
}

/** What counts as one peer: an address, or the network of 64 bits that a host of IPv6 may take addresses from. */
export function peerOf({ remoteAddress }: Ends): string {
  if (remoteAddress === undefined) return ''
  const address = ipaddr.process(withoutZone(remoteAddress))
  if (address.kind() === 'ipv4') return address.toString()
  return address.toByteArray().slice(0, 8).join('.')
}

/** A link-local address comes with the name of an interface, which may be anything. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
