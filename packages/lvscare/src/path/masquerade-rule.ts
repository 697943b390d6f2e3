import {
  counter,
  masquerade,
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  type NftTable,
} from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'

/** `IPPROTO_TCP` of linux/in.h. */
const TCP = 6

/** Where `masquerade` stands among the chains of its hook: `srcnat` of nft(8). */
const SOURCE_NAT = 100

/**
 * The table that masquerades connections to the virtual server, those from the `spared` address excepted.
 *
 * What a connection was first sent to is asked, because IPVS has long put the real server's address in the packet's place.
 */
export function masqueradeTable(virtual: Endpoint, spared: string | undefined): NftTable {
  const rule = [
    ...matchOriginalDestination(virtual.address),
    ...(spared === undefined ? [] : matchSource(spared, 'neq')),
    ...matchProtocol(TCP),
    ...matchOriginalPort(virtual.port),
    counter(),
    masquerade(),
  ]
  const base = { type: 'nat', hook: 'postrouting', priority: SOURCE_NAT } as const
  return {
    family: virtual.family,
    name: tableName(virtual),
    chains: [{ name: 'postrouting', base, rules: [rule] }],
  }
}

/** Of letters that nft(8) can read again: `lvscare-fd00--2-6443`. */
function tableName({ address, port }: Endpoint): string {
  return `lvscare-${address.replaceAll(':', '-')}-${port}`
}
