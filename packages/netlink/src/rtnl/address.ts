import { type AddressFamily, FamilyNumber, familyOf, formatAddress, parseAddress } from '../address.ts'
import { AttributeWriter } from '../attribute-writer.ts'
import { readAttributes } from '../attributes.ts'
import { LITTLE, unsigned, viewOf } from '../bytes.ts'
import { DecodeError } from '../errors.ts'
import { AddressFlag, IfaAttr, RtSize } from './constants.ts'
import { linkIndex } from './link.ts'
import { fullLength } from './prefix.ts'
import { type RouteScope, routeScope, routeScopeNumber } from './words.ts'

/** An address of this host. */
export interface LinkAddress {
  readonly family: AddressFamily
  readonly linkIndex: number
  readonly address: string
  readonly prefixLength: number
  readonly scope: RouteScope
  /** `IFA_F_*` bits, see {@link AddressFlag}. */
  readonly flags: number
  /** The other end of a point-to-point link, where it is not this address. */
  readonly peer?: string
}

/** An address to be set, or to be taken away. */
export interface AddressSpec {
  readonly linkIndex: number
  readonly address: string
  /** @default 32 for IPv4, 128 for IPv6 */
  readonly prefixLength?: number
  /** @default 'universe' */
  readonly scope?: RouteScope
  /** `IFA_F_*` bits. @default AddressFlag.NODAD for IPv6, 0 for IPv4 */
  readonly flags?: number
}

/** Which addresses to list; all of them when nothing is said. */
export interface AddressFilter {
  readonly family?: AddressFamily
  readonly linkIndex?: number
}

/** The payload that sets or deletes an address: `struct ifaddrmsg`, IFA_LOCAL, IFA_ADDRESS; throws RangeError. */
export function encodeAddress(spec: AddressSpec): Uint8Array {
  const { family, bytes } = parseAddress(spec.address)
  // Without duplicate address detection a virtual address works at once, not a second later.
  const { flags = family === 'inet6' ? AddressFlag.NODAD : 0, scope = 'universe' } = spec
  const head = header(FamilyNumber[family], linkIndex(spec.linkIndex))
  head[1] = prefixLength(spec.prefixLength ?? fullLength(bytes), bytes)
  head[2] = unsigned('address flags', flags, 32) & 0xff
  head[3] = routeScopeNumber(scope)
  const attributes = new AttributeWriter().bytes(IfaAttr.LOCAL, bytes).bytes(IfaAttr.ADDRESS, bytes)
  if (flags > 0xff) attributes.u32(IfaAttr.FLAGS, flags)
  return Buffer.concat([head, attributes.finish()])
}

/** The payload that asks for addresses; a kernel without strict checks ignores the link. */
export function encodeAddressDump(filter: AddressFilter): Uint8Array {
  const family = filter.family === undefined ? 0 : FamilyNumber[filter.family]
  return header(family, filter.linkIndex === undefined ? 0 : linkIndex(filter.linkIndex))
}

/** True for an address the filter asks for, whatever the kernel made of it. */
export function selectsAddress(filter: AddressFilter, address: LinkAddress): boolean {
  return (
    (filter.family ?? address.family) === address.family &&
    (filter.linkIndex ?? address.linkIndex) === address.linkIndex
  )
}

/** Reads the payload of an RTM_NEWADDR; throws {@link DecodeError}, also for a family without IP addresses. */
export function decodeAddress(payload: Uint8Array): LinkAddress {
  if (payload.length < RtSize.IFADDRMSG) {
    throw new DecodeError('address', `${RtSize.IFADDRMSG} bytes`, `${payload.length} bytes`)
  }
  const [number = 0, prefixLength = 0, shortFlags = 0, scope = 0] = payload
  const family = familyOf(number, 'address')
  const size = family === 'inet' ? 4 : 16
  let flags = shortFlags
  let local: string | undefined
  let remote: string | undefined
  for (const attribute of readAttributes(payload.subarray(RtSize.IFADDRMSG), 'address')) {
    if (attribute.type === IfaAttr.LOCAL) local = formatAddress(attribute.bytes(size))
    else if (attribute.type === IfaAttr.ADDRESS) remote = formatAddress(attribute.bytes(size))
    else if (attribute.type === IfaAttr.FLAGS) flags = attribute.u32()
  }
  // IPv6 names its own address IFA_ADDRESS unless there is a peer.
  const address = local ?? remote
  if (address === undefined) throw new DecodeError('address', 'IFA_LOCAL or IFA_ADDRESS', 'neither')
  const linkIndex = viewOf(payload).getUint32(4, LITTLE)
  const found = { family, linkIndex, address, prefixLength, scope: routeScope(scope), flags }
  return remote === undefined || remote === address ? found : { ...found, peer: remote }
}

/** `struct ifaddrmsg`: family, prefix length, flags, scope, index. */
function header(family: number, index: number): Uint8Array {
  const bytes = new Uint8Array(RtSize.IFADDRMSG)
  bytes[0] = family
  viewOf(bytes).setUint32(4, index, LITTLE)
  return bytes
}

function prefixLength(length: number, bytes: Uint8Array): number {
  if (!Number.isInteger(length) || length < 0 || length > fullLength(bytes)) {
    throw new RangeError(`prefix length ${length} is not a whole number from 0 to ${fullLength(bytes)}`)
  }
  return length
}
