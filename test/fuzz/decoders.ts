import { decodeGenl, type Message, readMessages, readStatus } from '@lvscare/netlink'
import { decodeInfo, decodeTimeouts } from '../../packages/ipvs/src/config-codec.ts'
import { decodeDestinationEntry } from '../../packages/ipvs/src/destination-codec.ts'
import { decodeServiceEntry } from '../../packages/ipvs/src/service-codec.ts'
import { decodeChain } from '../../packages/netlink/src/nft/chain-codec.ts'
import { decodeRule } from '../../packages/netlink/src/nft/rule-codec.ts'
import { decodeTable } from '../../packages/netlink/src/nft/table-codec.ts'
import { decodeAddress } from '../../packages/netlink/src/rtnl/address.ts'
import { decodeLink } from '../../packages/netlink/src/rtnl/link.ts'
import { decodeRoute } from '../../packages/netlink/src/rtnl/route-decoder.ts'
import { decodeTcpSocket } from '../../packages/netlink/src/sockdiag/codec.ts'

/** Everything that reads the bytes of a datagram, by name. Each may throw a DecodeError and nothing else. */
export const DECODERS: Readonly<Record<string, (datagram: Uint8Array) => unknown>> = {
  messages: (datagram) => readMessages(datagram).map(({ payload }) => payload.length),
  status: each((message) => readStatus(message)),
  'ipvs service': each(({ payload }) => {
    const entry = decodeServiceEntry(decodeGenl(payload).attributes)
    return [entry, entry.stats]
  }),
  'ipvs destination': each(({ payload }) => {
    const entry = decodeDestinationEntry(decodeGenl(payload).attributes, 'inet')
    return [entry, entry.stats]
  }),
  'ipvs destination 6': each(({ payload }) =>
    decodeDestinationEntry(decodeGenl(payload).attributes, 'inet6'),
  ),
  'ipvs timeouts': each(({ payload }) => decodeTimeouts(decodeGenl(payload).attributes)),
  'ipvs info': each(({ payload }) => decodeInfo(decodeGenl(payload).attributes)),
  link: each(({ payload }) => decodeLink(payload)),
  address: each(({ payload }) => decodeAddress(payload)),
  route: each(({ payload }) => decodeRoute(payload)),
  socket: each(({ payload }) => decodeTcpSocket(payload)),
  'nft table': each(({ payload }) => decodeTable(payload)),
  'nft chain': each(({ payload }) => decodeChain(payload)),
  'nft rule': each(({ payload }) => decodeRule(payload)),
}

function each(decode: (message: Message) => unknown): (datagram: Uint8Array) => unknown {
  return (datagram) => readMessages(datagram).map(decode)
}
