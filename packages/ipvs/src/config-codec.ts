import { AttributeWriter } from '@lvscare/netlink'
import { AttributeSet } from './attribute-set.ts'
import { checkInteger } from './check.ts'
import { CmdAttr, InfoAttr } from './constants.ts'
import type { IpvsInfo, Timeouts } from './types.ts'

/** INT_MAX / HZ with the fastest clock a kernel is built with (HZ = 1000): above it some kernels answer EINVAL. */
const MAX_TIMEOUT_SECONDS = Math.floor(0x7fffffff / 1000)

const TIMEOUT_ATTRIBUTES = [
  ['tcp', CmdAttr.TIMEOUT_TCP],
  ['tcpFin', CmdAttr.TIMEOUT_TCP_FIN],
  ['udp', CmdAttr.TIMEOUT_UDP],
] as const

/** Attributes of SET_CONFIG: those timeouts that are given, in seconds; throws RangeError outside 1 to 2147483. */
export function encodeTimeouts(timeouts: Partial<Timeouts>): Uint8Array {
  const writer = new AttributeWriter()
  for (const [name, type] of TIMEOUT_ATTRIBUTES) {
    const seconds = timeouts[name]
    // 0 is no timeout for the kernel but "leave it as it is", which is not what anybody who writes 0 means.
    if (seconds !== undefined)
      writer.u32(type, checkInteger(`timeout ${name}`, seconds, 1, MAX_TIMEOUT_SECONDS))
  }
  return writer.finish()
}

/** Reads the answer to GET_CONFIG; throws DecodeError. */
export function decodeTimeouts(attributes: Uint8Array): Timeouts {
  const set = AttributeSet.read(attributes, 'config')
  return {
    tcp: set.need(CmdAttr.TIMEOUT_TCP).u32(),
    tcpFin: set.need(CmdAttr.TIMEOUT_TCP_FIN).u32(),
    udp: set.need(CmdAttr.TIMEOUT_UDP).u32(),
  }
}

/** Reads the answer to GET_INFO, whose version is `major << 16 | minor << 8 | patch`; throws DecodeError. */
export function decodeInfo(attributes: Uint8Array): IpvsInfo {
  const set = AttributeSet.read(attributes, 'info')
  const version = set.need(InfoAttr.VERSION).u32()
  return {
    version: `${version >>> 16}.${(version >>> 8) & 0xff}.${version & 0xff}`,
    connectionTableSize: set.need(InfoAttr.CONN_TAB_SIZE).u32(),
  }
}
