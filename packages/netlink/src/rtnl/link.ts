import { AttributeWriter } from '../attribute-writer.ts'
import { type Attribute, readAttributes } from '../attributes.ts'
import { LITTLE, unsigned, viewOf } from '../bytes.ts'
import { DecodeError } from '../errors.ts'
import { IFNAMSIZ, IflaAttr, IflaInfoAttr, LinkFilter, LinkFlag, RtSize } from './constants.ts'

/** A network device of this network namespace. */
export interface Link {
  /** The kernel's number for it, from 1. */
  readonly index: number
  readonly name: string
  /** What made it, such as `dummy` or `veth`; absent for real hardware and `lo`. */
  readonly kind?: string
  /** Longest packet in bytes. */
  readonly mtu: number
  /** Switched on by an administrator (IFF_UP); says nothing about a carrier. */
  readonly up: boolean
  readonly loopback: boolean
  /** The hardware address, six bytes on Ethernet; absent where there is none. */
  readonly address?: Uint8Array
}

/** A link to be made. */
export interface NewLink {
  readonly name: string
  /** What makes it; the kernel loads the module `rtnl-link-<kind>` for it. */
  readonly kind: string
  /** Switch it on at once. @default false */
  readonly up?: boolean
}

/** A link by its index or its name. */
export type LinkKey = number | string

/** The payload that makes a link: `struct ifinfomsg`, IFLA_IFNAME, IFLA_LINKINFO. */
export function encodeNewLink(link: NewLink): Uint8Array {
  const up = link.up === true ? LinkFlag.UP : 0
  const attributes = new AttributeWriter()
    .text(IflaAttr.IFNAME, linkName(link.name))
    .plainNested(IflaAttr.LINKINFO, (info) => info.text(IflaInfoAttr.KIND, link.kind))
  return Buffer.concat([header(0, up), attributes.finish()])
}

/** The payload that names one link, and in a SETLINK also sets the flags given. */
export function encodeLinkKey(key: LinkKey, flags = 0): Uint8Array {
  if (typeof key === 'number') return header(linkIndex(key), flags)
  const name = new AttributeWriter().text(IflaAttr.IFNAME, linkName(key))
  return Buffer.concat([header(0, flags), name.finish()])
}

/** The payload that asks for every link, without the counters that make up most of an answer. */
export function encodeLinkDump(): Uint8Array {
  const attributes = new AttributeWriter().u32(IflaAttr.EXT_MASK, LinkFilter.SKIP_STATS)
  return Buffer.concat([header(0, 0), attributes.finish()])
}

/** Reads the payload of an RTM_NEWLINK; throws {@link DecodeError}. */
export function decodeLink(payload: Uint8Array): Link {
  if (payload.length < RtSize.IFINFOMSG) {
    throw new DecodeError('link', `${RtSize.IFINFOMSG} bytes`, `${payload.length} bytes`)
  }
  const view = viewOf(payload)
  const flags = view.getUint32(8, LITTLE)
  const index = view.getInt32(4, LITTLE)
  if (index < 1) throw new DecodeError('link', 'an index from 1', String(index))
  const link: { -readonly [Key in keyof Link]: Link[Key] } = {
    index,
    name: '',
    mtu: 0,
    up: (flags & LinkFlag.UP) !== 0,
    loopback: (flags & LinkFlag.LOOPBACK) !== 0,
  }
  for (const attribute of readAttributes(payload.subarray(RtSize.IFINFOMSG), 'link')) {
    if (attribute.type === IflaAttr.IFNAME) link.name = attribute.text()
    else if (attribute.type === IflaAttr.MTU) link.mtu = attribute.u32()
    else if (attribute.type === IflaAttr.ADDRESS) link.address = Uint8Array.from(attribute.payload)
    else if (attribute.type === IflaAttr.LINKINFO) Object.assign(link, readKind(attribute))
  }
  return link
}

/** The same index, checked to be one: 1 to 2^31 - 1; throws RangeError. */
export function linkIndex(index: number): number {
  // To the kernel 0 means "not this way", which would turn a mistake into a request about something else.
  if (index === 0) throw new RangeError('link index: 0 is not a link')
  return unsigned('link index', index, 31)
}

function readKind(info: Attribute): Pick<Link, 'kind'> {
  for (const attribute of info.nested()) {
    if (attribute.type === IflaInfoAttr.KIND) return { kind: attribute.text() }
  }
  return {}
}

/** The kernel's own rule for names (dev_valid_name), and no `%`: it would number a new link by itself. */
function linkName(name: string): string {
  if (!/^[^\s/:%]+$/.test(name) || name.length >= IFNAMSIZ || name === '.' || name === '..') {
    throw new RangeError(
      `"${name}" is not a link name: it must have 1 to ${IFNAMSIZ - 1} characters, none of them white space, / : or %`,
    )
  }
  return name
}

/** `struct ifinfomsg`: family, padding, type (all 0), index, flags, and which of the flags to change. */
function header(index: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(RtSize.IFINFOMSG)
  const view = viewOf(bytes)
  view.setInt32(4, index, LITTLE)
  view.setUint32(8, unsigned('link flags', flags, 32), LITTLE)
  view.setUint32(12, flags, LITTLE)
  return bytes
}
