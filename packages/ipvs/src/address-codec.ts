import {
  type AddressFamily,
  type Attribute,
  DecodeError,
  formatAddress,
  parseAddress,
} from '@lvscare/netlink'

/** Bytes of an IPv4 address or mask. */
const IPV4_BYTES = 4

/** Bytes of `union nf_inet_addr`, which the kernel sends for both families. */
const ADDRESS_BYTES = 16

/** The text of an address attribute; of the sixteen bytes the kernel sends, only the first four count for IPv4. */
export function readAddress(attribute: Attribute, family: AddressFamily): string {
  const { payload, path } = attribute
  const need = family === 'inet' ? IPV4_BYTES : ADDRESS_BYTES
  if (payload.length < need) throw new DecodeError(path, `at least ${need} bytes`, `${payload.length} bytes`)
  return formatAddress(payload.subarray(0, need))
}

/** The text of an address as {@link readAddress} gives it, so that two spellings of it compare; throws RangeError. */
export function normalAddress(text: string): string {
  return formatAddress(parseAddress(text).bytes)
}
