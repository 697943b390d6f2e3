import { type AddressBytes, type AddressFamily, FamilyNumber, parseAddress } from '../address.ts'
import { AttributeWriter } from '../attribute-writer.ts'
import { LITTLE, unsigned, viewOf } from '../bytes.ts'
import { RouteProtocol, RouteTable, RtAttr, RtSize } from './constants.ts'
import { linkIndex } from './link.ts'
import { fullLength, type Prefix, parsePrefix } from './prefix.ts'
import { type RouteScope, type RouteType, routeScopeNumber, routeTypeNumber } from './words.ts'

/** One entry of a routing table, or the kernel's decision for one address. */
export interface Route {
  readonly family: AddressFamily
  /** Such as `10.0.0.1/32`; the default route is `0.0.0.0/0` or `::/0`. */
  readonly destination: string
  readonly table: number
  readonly type: RouteType
  /** IPv6 knows no scopes: whatever was asked for reads back as `universe`. */
  readonly scope: RouteScope
  /** Who made it, `RTPROT_*`; 4 and above mean what their users agree on. */
  readonly protocol: number
  readonly preferredSource?: string
  readonly gateway?: string
  /** Lower wins; part of a route's identity. IPv6 makes 1024 of an absent one. */
  readonly metric?: number
  /** Index of the link packets leave by; absent, like `gateway`, where several next hops share the load. */
  readonly outputLink?: number
}

/** A route to be made: a destination, and what differs from the defaults. */
export interface RouteSpec extends Partial<Route> {
  readonly destination: string
  /** @default that of `destination`, the only one allowed */
  readonly family?: AddressFamily
  /** @default RouteTable.MAIN */
  readonly table?: number
  /** @default 'unicast' */
  readonly type?: RouteType
  /** @default `host` for a local route, `link` for a unicast one without gateway (or a broadcast), else `universe` */
  readonly scope?: RouteScope
  /** @default RouteProtocol.STATIC */
  readonly protocol?: number
}

/** Which routes to list. */
export interface RouteFilter extends Partial<Omit<Route, 'scope'>> {
  readonly family: AddressFamily
}

/** The payload that makes a route; throws RangeError for what does not fit. */
export function encodeRoute(spec: RouteSpec): Uint8Array {
  const { type = 'unicast', scope = usualScope(spec), protocol = RouteProtocol.STATIC } = spec
  return encode(spec, routeTypeNumber(type), routeScopeNumber(scope), protocol)
}

/** The payload that deletes the first route which has everything that `spec` says: what it leaves out is not compared. */
export function encodeRouteKey(spec: RouteSpec): Uint8Array {
  const { type = 'unspec', scope = 'nowhere', protocol = RouteProtocol.UNSPEC } = spec
  // In a deletion RT_SCOPE_NOWHERE is the kernel's word for any scope.
  return encode(spec, routeTypeNumber(type), routeScopeNumber(scope), protocol)
}

/** The payload that asks for routes; the kernel filters by table, type and protocol where it knows strict checks. */
export function encodeRouteDump(filter: RouteFilter): Uint8Array {
  const { table, type = 'unspec', protocol = RouteProtocol.UNSPEC } = filter
  const head = header(FamilyNumber[filter.family], 0)
  head[5] = unsigned('route protocol', protocol, 8)
  head[7] = routeTypeNumber(type)
  return table === undefined ? head : finish(head, new AttributeWriter(), table)
}

/** The payload that asks which route the kernel takes to one address; `flags` are `RTM_F_*`. */
export function encodeRouteLookup(destination: AddressBytes, flags: number): Uint8Array {
  const head = header(FamilyNumber[destination.family], fullLength(destination.bytes))
  viewOf(head).setUint32(8, unsigned('route flags', flags, 32), LITTLE)
  return Buffer.concat([head, new AttributeWriter().bytes(RtAttr.DST, destination.bytes).finish()])
}

function encode(spec: RouteSpec, type: number, scope: number, protocol: number): Uint8Array {
  const prefix = parsePrefix(spec.destination)
  if ((spec.family ?? prefix.family) !== prefix.family) {
    throw new RangeError(`route to ${spec.destination}: its family is not ${spec.family}`)
  }
  const head = header(FamilyNumber[prefix.family], prefix.length)
  head[5] = unsigned('route protocol', protocol, 8)
  head[6] = scope
  head[7] = type
  return finish(head, attributesOf(spec, prefix), spec.table ?? RouteTable.MAIN)
}

function attributesOf(spec: RouteSpec, prefix: Prefix): AttributeWriter {
  const { preferredSource, outputLink, gateway, metric } = spec
  const writer = new AttributeWriter()
  if (prefix.length > 0) writer.bytes(RtAttr.DST, prefix.bytes)
  if (preferredSource !== undefined) writer.bytes(RtAttr.PREFSRC, sameFamily(prefix, preferredSource))
  if (outputLink !== undefined) writer.u32(RtAttr.OIF, linkIndex(outputLink))
  if (gateway !== undefined) writer.bytes(RtAttr.GATEWAY, sameFamily(prefix, gateway))
  if (metric !== undefined) writer.u32(RtAttr.PRIORITY, metric)
  return writer
}

/** The table stands in the header when it fits there, and always in RTA_TABLE. */
function finish(head: Uint8Array, attributes: AttributeWriter, table: number): Uint8Array {
  if (table === RouteTable.UNSPEC) throw new RangeError('route table: 0 is not a table')
  head[4] = table > 0xff ? RouteTable.UNSPEC : table
  return Buffer.concat([head, attributes.u32(RtAttr.TABLE, table).finish()])
}

function sameFamily(prefix: Prefix, text: string): Uint8Array {
  const { family, bytes } = parseAddress(text)
  if (family !== prefix.family) throw new RangeError(`"${text}" is not an address of family ${prefix.family}`)
  return bytes
}

/** The scope `ip route` gives: how far the destination is. */
function usualScope({ type = 'unicast', gateway }: RouteSpec): RouteScope {
  if (type === 'local') return 'host'
  if (type === 'unicast') return gateway === undefined ? 'link' : 'universe'
  return ON_LINK.has(type) ? 'link' : 'universe'
}

const ON_LINK: ReadonlySet<RouteType> = new Set(['broadcast', 'multicast', 'anycast'])

/** `struct rtmsg`: family, length of destination and source, TOS, table, protocol, scope, type, flags. */
function header(family: number, destinationLength: number): Uint8Array {
  const bytes = new Uint8Array(RtSize.RTMSG)
  bytes[0] = family
  bytes[1] = destinationLength
  return bytes
}
