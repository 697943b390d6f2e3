import { endianness } from 'node:os'

/** True where the kernel's native integers are little-endian; every host-order field follows it. */
export const LITTLE: boolean = endianness() === 'LE'

/** A window on the same memory, so that reading a number copies nothing. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** NLMSG_ALIGN and NLA_ALIGN of linux/netlink.h: both round a length up to four bytes. */
export function align(length: number): number {
  return (length + 3) & ~3
}

/** The same number, checked to be an unsigned integer of so many bits; throws RangeError, for DataView wraps silently. */
export function unsigned(what: string, value: number, bits: 8 | 16 | 31 | 32): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${what}: ${value} is not a u${bits}`)
  }
  return value
}
