import { AttributeWriter, Flag, LITTLE, type Libc, type Message, viewOf } from '@lvscare/netlink'
import { fakeKernel, type Reply, reply } from '@lvscare/netlink/testing'
import { readAttributes } from '../../packages/netlink/src/attributes.ts'
import { decodeAddress, encodeAddress } from '../../packages/netlink/src/rtnl/address.ts'
import {
  IflaAttr,
  IflaInfoAttr,
  LinkFlag,
  RtAttr,
  RtmType,
  RtSize,
} from '../../packages/netlink/src/rtnl/constants.ts'
import { decodeLink } from '../../packages/netlink/src/rtnl/link.ts'
import { formatPrefix } from '../../packages/netlink/src/rtnl/prefix.ts'
import { encodeRoute, type RouteSpec } from '../../packages/netlink/src/rtnl/route.ts'
import { decodeRoute } from '../../packages/netlink/src/rtnl/route-decoder.ts'

/** A link of the fake node. */
interface FakeLink {
  readonly name: string
  readonly kind: string | undefined
  up: boolean
}

/** The links, IPv4 addresses and routes of a node in memory, behind the wire. */
export class FakeRtnl {
  readonly libc: Libc = fakeKernel((request) => this.#answer(request))
  readonly links = new Map<number, FakeLink>([
    [1, { name: 'lo', kind: undefined, up: true }],
    [2, { name: 'eth0', kind: undefined, up: true }],
    [3, { name: 'other0', kind: 'dummy', up: true }],
  ])
  /** By link and prefix, as `2 192.0.2.1/24`. */
  readonly addresses = new Set(['1 127.0.0.1/8', '2 192.0.2.1/24', '3 10.9.9.9/32'])
  /** Payloads by table, destination and metric. */
  readonly routes = new Map<string, Uint8Array>()
  #nextLink = 4

  constructor() {
    const onLink = { outputLink: 2, preferredSource: '192.0.2.1', protocol: 2 } as const
    this.#add({ ...onLink, destination: '192.0.2.0/24', scope: 'link' })
    this.#add({ outputLink: 2, destination: '0.0.0.0/0', gateway: '192.0.2.254' })
    this.#add({ outputLink: 2, destination: '10.96.0.0/12', gateway: '192.0.2.9', protocol: 77 })
  }

  #add(route: RouteSpec): void {
    const payload = encodeRoute(route)
    this.routes.set(keyOf(payload), payload)
  }

  #answer(request: Message): Reply {
    const { type, payload } = request
    switch (type) {
      case RtmType.GETLINK:
        return this.#getLink(payload)
      case RtmType.NEWLINK:
        return this.#newLink(payload)
      case RtmType.SETLINK:
        return this.#onLink(payload, (index) => void this.#set(index))
      case RtmType.DELLINK:
        return this.#onLink(payload, (index) => this.#delete(index))
      case RtmType.GETADDR:
        return objects(RtmType.NEWADDR, [...this.addresses].map(encodeFakeAddress))
      case RtmType.NEWADDR:
        return this.#newAddress(payload, request.flags)
      case RtmType.DELADDR:
        return this.addresses.delete(addressKey(payload)) ? reply.ok() : reply.errno('EADDRNOTAVAIL')
      case RtmType.GETROUTE:
        return this.#getRoute(request)
      case RtmType.NEWROUTE:
        this.routes.set(keyOf(payload), Uint8Array.from(payload))
        return reply.ok()
      case RtmType.DELROUTE:
        return this.#deleteRoute(payload)
      default:
        return reply.errno('EOPNOTSUPP')
    }
  }

  #set(index: number): void {
    const link = this.links.get(index)
    if (link !== undefined) link.up = true
  }

  /** With its addresses. */
  #delete(index: number): void {
    this.links.delete(index)
    for (const key of this.addresses) if (key.startsWith(`${index} `)) this.addresses.delete(key)
  }

  #getLink(payload: Uint8Array): Reply {
    const index = this.#find(payload)
    const link = index === undefined ? undefined : this.links.get(index)
    if (index === undefined || link === undefined) return reply.errno('ENODEV')
    return objects(RtmType.NEWLINK, [encodeFakeLink(index, link)])
  }

  #newLink(payload: Uint8Array): Reply {
    const { name, kind } = asked(payload)
    if (this.#find(payload) !== undefined) return reply.errno('EEXIST')
    this.links.set(this.#nextLink, { name, kind, up: false })
    this.#nextLink += 1
    return reply.ok()
  }

  #onLink(payload: Uint8Array, work: (index: number) => void): Reply {
    const index = this.#find(payload)
    if (index === undefined) return reply.errno('ENODEV')
    work(index)
    return reply.ok()
  }

  #find(payload: Uint8Array): number | undefined {
    const { index, name } = asked(payload)
    if (index !== 0) return this.links.has(index) ? index : undefined
    return [...this.links].find(([, link]) => link.name === name)?.[0]
  }

  #newAddress(payload: Uint8Array, flags: number): Reply {
    const key = addressKey(payload)
    if (!this.links.has(Number(key.split(' ')[0]))) return reply.errno('ENODEV')
    if (this.addresses.has(key) && (flags & Flag.EXCL) !== 0) return reply.errno('EEXIST')
    this.addresses.add(key)
    return reply.ok()
  }

  #getRoute({ payload, flags }: Message): Reply {
    if ((flags & Flag.DUMP) === Flag.DUMP) return objects(RtmType.NEWROUTE, [...this.routes.values()])
    const [wanted] = readAttributes(payload.subarray(RtSize.RTMSG)).filter(({ type }) => type === RtAttr.DST)
    const address = number(wanted?.payload)
    // A link in table local has the address itself, and the kernel its own route for it.
    const own = [...this.addresses].find((key) =>
      key.endsWith(` ${formatPrefix(wanted?.payload ?? none, 32)}`),
    )
    if (own !== undefined) return objects(RtmType.NEWROUTE, [ownRoute(own)])
    const covering = [...this.routes.values()].filter((route) => covers(route, address)).sort(longestFirst)
    return covering[0] === undefined ? reply.errno('ENETUNREACH') : objects(RtmType.NEWROUTE, [covering[0]])
  }

  #deleteRoute(payload: Uint8Array): Reply {
    const { destination, table, protocol } = decodeRoute(payload)
    for (const [key, one] of this.routes) {
      const route = decodeRoute(one)
      if (route.destination !== destination || route.table !== table) continue
      if (protocol !== 0 && route.protocol !== protocol) continue
      this.routes.delete(key)
      return reply.ok()
    }
    return reply.errno('ESRCH')
  }
}

/** A question may leave the index out, and an answer never does. */
function asked(payload: Uint8Array): {
  readonly index: number
  readonly name: string
  readonly kind?: string
} {
  const whole = Uint8Array.from(payload)
  const index = viewOf(whole).getInt32(4, LITTLE)
  if (index === 0) viewOf(whole).setInt32(4, 1, LITTLE)
  return { ...decodeLink(whole), index }
}

const none = new Uint8Array(4)

function objects(type: number, payloads: readonly Uint8Array[]): Reply {
  return reply.objects(...payloads.map((payload) => ({ type, payload })))
}

function keyOf(payload: Uint8Array): string {
  const { table, destination, metric } = decodeRoute(payload)
  return `${table} ${destination} ${metric ?? 0}`
}

function ownRoute(key: string): Uint8Array {
  const [link = '', destination = ''] = key.split(' ')
  const spec = { destination, type: 'local', table: 255, outputLink: Number(link), protocol: 2 } as const
  return encodeRoute({ ...spec, preferredSource: destination.split('/')[0] ?? '' })
}

function covers(payload: Uint8Array, address: number): boolean {
  const { destination } = decodeRoute(payload)
  const [text = '', length = ''] = destination.split('/')
  const shift = 32 - Number(length)
  return shift === 32 || number(Uint8Array.from(text.split('.').map(Number))) >>> shift === address >>> shift
}

function longestFirst(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [decodeRoute(a), decodeRoute(b)]
  const length = (destination: string): number => Number(destination.split('/')[1])
  return length(right.destination) - length(left.destination) || right.table - left.table
}

function number(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : viewOf(bytes).getUint32(0)
}

function encodeFakeLink(index: number, { name, kind, up }: FakeLink): Uint8Array {
  const head = new Uint8Array(RtSize.IFINFOMSG)
  viewOf(head).setInt32(4, index, LITTLE)
  viewOf(head).setUint32(8, up ? LinkFlag.UP : 0, LITTLE)
  const attributes = new AttributeWriter().text(IflaAttr.IFNAME, name).u32(IflaAttr.MTU, 1500)
  if (kind !== undefined)
    attributes.plainNested(IflaAttr.LINKINFO, (info) => info.text(IflaInfoAttr.KIND, kind))
  return Buffer.concat([head, attributes.finish()])
}

function encodeFakeAddress(key: string): Uint8Array {
  const [link, prefix = ''] = key.split(' ')
  const [address = '', length] = prefix.split('/')
  return encodeAddress({ linkIndex: Number(link), address, prefixLength: Number(length) })
}

function addressKey(payload: Uint8Array): string {
  const { linkIndex, address, prefixLength } = decodeAddress(payload)
  return `${linkIndex} ${address}/${prefixLength}`
}
