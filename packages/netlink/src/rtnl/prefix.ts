import { type AddressBytes, formatAddress, parseAddress } from '../address.ts'

/** A range of addresses: those that share the first `length` bits. */
export interface Prefix extends AddressBytes {
  readonly length: number
}

/**
 * Reads `10.96.0.0/12`, or a bare address as the range of just that one.
 *
 * Throws RangeError for anything else, also for bits set behind the length: the kernel refuses those for IPv4 and
 * silently clears them for IPv6, and such a route would never be found again.
 */
export function parsePrefix(text: string): Prefix {
  const [address = '', digits, ...rest] = text.split('/')
  const { family, bytes } = parseAddress(address)
  const bits = bytes.length * 8
  const length = digits === undefined ? bits : Number(digits)
  if (rest.length > 0 || (digits !== undefined && !/^\d{1,3}$/.test(digits)) || length > bits) {
    throw new RangeError(`"${text}" is not a prefix: behind the slash must stand a number from 0 to ${bits}`)
  }
  if (!isClear(bytes, length)) throw new RangeError(`"${text}" has bits set behind its first ${length}`)
  return { family, bytes, length }
}

/** The text of a prefix, always with its length; the bytes are 4 or 16 in network order. */
export function formatPrefix(bytes: Uint8Array, length: number): string {
  return `${formatAddress(bytes)}/${length}`
}

/** The highest length a prefix of these bytes can have. */
export function fullLength(bytes: Uint8Array): number {
  return bytes.length * 8
}

function isClear(bytes: Uint8Array, from: number): boolean {
  return bytes.every((byte, index) => {
    const kept = Math.min(Math.max(from - index * 8, 0), 8)
    return (byte & (0xff >> kept)) === 0
  })
}
