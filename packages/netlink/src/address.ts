import ipaddr from 'ipaddr.js'
import { Sock } from './constants.ts'
import { DecodeError } from './errors.ts'

/** The two address families that carry addresses here: AF_INET and AF_INET6. */
export type AddressFamily = 'inet' | 'inet6'

/** The `AF_*` number of a family. */
export const FamilyNumber: { readonly inet: 2; readonly inet6: 10 } = {
  inet: Sock.AF_INET,
  inet6: Sock.AF_INET6,
}

/** The family of an `AF_*` number; throws {@link DecodeError} with `path` for any other. */
export function familyOf(number: number, path: string): AddressFamily {
  if (number === Sock.AF_INET) return 'inet'
  if (number === Sock.AF_INET6) return 'inet6'
  throw new DecodeError(path, 'AF_INET or AF_INET6', String(number))
}

/** An address as the kernel takes it. */
export interface AddressBytes {
  readonly family: AddressFamily
  /** Network byte order: 4 bytes for IPv4, 16 for IPv6. */
  readonly bytes: Uint8Array
}

/** A number from 0 to 255 without leading zeros, which some programs take for octal. */
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

/** What the library would take beyond RFC 4291: a zone, octal and hexadecimal numbers in an IPv4 tail. */
const IPV6_SHAPE = new RegExp(`^[0-9a-f:]+(?:(?<=:)${OCTET}(?:\\.${OCTET}){3})?$`, 'i')

/** The family of an address as text; undefined for anything else (no names, no zone, no octal or short forms). */
export function addressFamily(text: string): AddressFamily | undefined {
  // Not isIP of node:net: loading that module takes as long as a third of everything else before the rules are set.
  if (IPV4.test(text)) return 'inet'
  return IPV6_SHAPE.test(text) && ipaddr.IPv6.isValid(text) ? 'inet6' : undefined
}

/** Reads `192.0.2.1` or `2001:db8::1`; throws RangeError for what {@link addressFamily} does not know. */
export function parseAddress(text: string): AddressBytes {
  const family = addressFamily(text)
  if (family === undefined) throw new RangeError(`"${text}" is not an IP address`)
  // IPv4 is parsed and printed on every pass, and is four numbers; IPv6 is the library's.
  const bytes = family === 'inet' ? text.split('.').map(Number) : ipaddr.IPv6.parse(text).toByteArray()
  return { family, bytes: Uint8Array.of(...bytes) }
}

/** The text of an address in the form of RFC 5952; the bytes are 4 or 16 in network order. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  if (bytes.length === 16) return new ipaddr.IPv6([...bytes]).toRFC5952String()
  throw new DecodeError('address', '4 or 16 bytes', `${bytes.length} bytes`)
}
