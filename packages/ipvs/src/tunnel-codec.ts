import type { AttributeWriter } from '@lvscare/netlink'
import type { AttributeSet } from './attribute-set.ts'
import { checkInteger } from './check.ts'
import { DestAttr, TunnelFlag, TunnelKind } from './constants.ts'
import { type FlagTable, flagBits, flagNames, type NameTable, nameOf, numberOf } from './names.ts'
import type { Tunnel, TunnelType } from './types.ts'

const TYPES: NameTable<TunnelType, 'type'> = {
  what: 'tunnel type',
  prefix: 'type',
  max: 0xff,
  numbers: { ipip: TunnelKind.IPIP, gue: TunnelKind.GUE, gre: TunnelKind.GRE },
}

const FLAGS: FlagTable<Tunnel['flags'][number]> = {
  what: 'tunnel flag',
  bits: { csum: TunnelFlag.CSUM, remcsum: TunnelFlag.REMCSUM },
}

/** What the kernel makes of a tunnel without attributes, and all there was before Linux 5.2. */
const PLAIN_TUNNEL: Tunnel = { type: 'ipip', port: 0, flags: [] }

/** Writes how packets are wrapped; throws RangeError, also for GUE without its port. */
export function writeTunnel(writer: AttributeWriter, tunnel: Tunnel): void {
  const minPort = tunnel.type === 'gue' ? 1 : 0
  writer
    .u8(DestAttr.TUN_TYPE, numberOf(TYPES, tunnel.type))
    .be16(DestAttr.TUN_PORT, checkInteger(`port of tunnel type ${tunnel.type}`, tunnel.port, minPort, 0xffff))
    .u16(DestAttr.TUN_FLAGS, flagBits(FLAGS, tunnel.flags))
}

/** Reads how packets are wrapped; plain IPIP where an old kernel says nothing of it. Throws DecodeError. */
export function readTunnel(set: AttributeSet): Tunnel {
  const type = set.get(DestAttr.TUN_TYPE)
  if (type === undefined) return PLAIN_TUNNEL
  return {
    type: nameOf(TYPES, type.u8()),
    port: set.get(DestAttr.TUN_PORT)?.be16() ?? 0,
    flags: flagNames(FLAGS, set.get(DestAttr.TUN_FLAGS)?.u16() ?? 0),
  }
}

/** True when both wrap packets alike; none given is plain IPIP. */
export function sameTunnel(a: Tunnel = PLAIN_TUNNEL, b: Tunnel = PLAIN_TUNNEL): boolean {
  return a.type === b.type && a.port === b.port && flagBits(FLAGS, a.flags) === flagBits(FLAGS, b.flags)
}
