import { parseAddress } from '../address.ts'
import { putBe16, unsigned } from '../bytes.ts'

/**
 * One expression of a rule. `ct`, `meta` and `payload` read something, and the `cmp` behind them compares it.
 *
 * What this package does not write reads as `other`, and cannot be written.
 */
export type NftExpression =
  | { readonly kind: 'ct'; readonly key: NftCtKey; readonly direction: 'original' }
  | { readonly kind: 'meta'; readonly key: 'l4proto' }
  | {
      readonly kind: 'payload'
      readonly base: 'network'
      /** In bytes, from the start of the header. */
      readonly offset: number
      readonly length: number
    }
  | { readonly kind: 'cmp'; readonly op: NftCmpOp; readonly value: Uint8Array }
  | { readonly kind: 'counter'; readonly packets: bigint; readonly bytes: bigint }
  | { readonly kind: 'masq' }
  | { readonly kind: 'other'; readonly name: string }

/** What is read of a connection: its destination address (IPv4, IPv6) or port. */
export type NftCtKey = 'dst-ip' | 'dst-ip6' | 'proto-dst'

/** Equal or not equal. */
export type NftCmpOp = 'eq' | 'neq'

/** `ct original ip daddr`: where a connection was first sent to, also when it has been sent elsewhere since. */
export function matchOriginalDestination(address: string, op: NftCmpOp = 'eq'): NftExpression[] {
  const { family, bytes } = parseAddress(address)
  const key = family === 'inet' ? 'dst-ip' : 'dst-ip6'
  return [{ kind: 'ct', key, direction: 'original' }, compare(op, bytes)]
}

/** `ct original proto-dst`: the port a connection was first sent to; stands behind {@link matchProtocol}, or nft(8) cannot print it. */
export function matchOriginalPort(port: number, op: NftCmpOp = 'eq'): NftExpression[] {
  const value = new Uint8Array(2)
  putBe16(value, 0, unsigned('port', port, 16))
  return [{ kind: 'ct', key: 'proto-dst', direction: 'original' }, compare(op, value)]
}

/** `meta l4proto`: the protocol inside IP, an `IPPROTO_*` number. */
export function matchProtocol(protocol: number, op: NftCmpOp = 'eq'): NftExpression[] {
  return [{ kind: 'meta', key: 'l4proto' }, compare(op, Uint8Array.of(unsigned('protocol', protocol, 8)))]
}

/** `ip saddr`: where a packet comes from; in a table of the other family it would read something else. */
export function matchSource(address: string, op: NftCmpOp = 'eq'): NftExpression[] {
  const { family, bytes } = parseAddress(address)
  const offset = family === 'inet' ? IPV4_SOURCE : IPV6_SOURCE
  return [{ kind: 'payload', base: 'network', offset, length: bytes.length }, compare(op, bytes)]
}

/** `counter`: how often the rule came as far as here. */
export function counter(): NftExpression {
  return { kind: 'counter', packets: 0n, bytes: 0n }
}

/** `masquerade`: gives the connection an address of the device it leaves by, in a chain of type `nat` at `postrouting`. */
export function masquerade(): NftExpression {
  return { kind: 'masq' }
}

function compare(op: NftCmpOp, value: Uint8Array): NftExpression {
  return { kind: 'cmp', op, value }
}

/** Where the source stands in `struct iphdr` and `struct ipv6hdr`. */
const IPV4_SOURCE = 12
const IPV6_SOURCE = 8
