import { endianness } from 'node:os'

/** True where the kernel's native integers are little-endian; every host-order field follows it. */
export const LITTLE: boolean = endianness() === 'LE'

/** A window on the same memory, so that reading a number copies nothing. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

// A DataView costs more to make than a number costs to read, and a guard reads hundreds of headers every second. Who
// calls these has checked the bounds.

/** 16 bits in host byte order at an offset. */
export function getU16(bytes: Uint8Array, at: number): number {
  return LITTLE ? byte(bytes, at) | (byte(bytes, at + 1) << 8) : getBe16(bytes, at)
}

/** 16 bits in network byte order at an offset. */
export function getBe16(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1)
}

/** 32 bits in host byte order at an offset. */
export function getU32(bytes: Uint8Array, at: number): number {
  if (!LITTLE) return getBe32(bytes, at)
  return (getU16(bytes, at) | (getU16(bytes, at + 2) << 16)) >>> 0
}

/** 32 bits in network byte order at an offset. */
export function getBe32(bytes: Uint8Array, at: number): number {
  return ((getBe16(bytes, at) << 16) | getBe16(bytes, at + 2)) >>> 0
}

/** Writes 16 bits in host byte order. */
export function putU16(bytes: Uint8Array, at: number, value: number): void {
  if (!LITTLE) {
    putBe16(bytes, at, value)
    return
  }
  bytes[at] = value
  bytes[at + 1] = value >>> 8
}

/** Writes 16 bits in network byte order. */
export function putBe16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

/** Writes 32 bits in host byte order. */
export function putU32(bytes: Uint8Array, at: number, value: number): void {
  if (!LITTLE) {
    putBe32(bytes, at, value)
    return
  }
  putU16(bytes, at, value)
  putU16(bytes, at + 2, value >>> 16)
}

/** Writes 32 bits in network byte order. */
export function putBe32(bytes: Uint8Array, at: number, value: number): void {
  putBe16(bytes, at, value >>> 16)
  putBe16(bytes, at + 2, value)
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
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
