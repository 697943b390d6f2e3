import fc from 'fast-check'
import { type AddressFamily, formatAddress, type TcpSocket } from '../../src/index.ts'
import { TCP_STATES, type TcpState } from '../../src/sockdiag/states.ts'

/** A connection to a virtual IP, as the kernel lists it. */
export const CLIENT: TcpSocket = {
  family: 'inet',
  state: 'ESTABLISHED',
  local: { address: '10.99.0.1', port: 39_584 },
  remote: { address: '10.99.0.1', port: 6443 },
  cookie: 2n,
  uid: 1000,
  inode: 28_011,
}

/** The same of an IPv6 socket. */
export const MAPPED: TcpSocket = { ...CLIENT, family: 'inet6', cookie: 0x1_0000_0003n }

const port = fc.integer({ min: 0, max: 65_535 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const cookie = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n })
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const ipv4 = bytesOf(4).map(formatAddress)
const ipv6 = bytesOf(16).map(formatAddress)
const state = fc.oneof(
  fc.constantFrom(...TCP_STATES),
  fc.integer({ min: 13, max: 255 }).map((number): TcpState => `STATE-${number}`),
)

/** Sockets that a kernel may list, with IPv4 addresses in IPv6 sockets among them. */
export const anySocket: fc.Arbitrary<TcpSocket> = fc.oneof(
  socketOf('inet', ipv4),
  socketOf('inet6', ipv6),
  socketOf('inet6', ipv4),
)

function socketOf(family: AddressFamily, address: fc.Arbitrary<string>): fc.Arbitrary<TcpSocket> {
  const end = fc.record({ address, port })
  const always = { family: fc.constant(family), state, local: end, remote: end, cookie, uid: u32, inode: u32 }
  const bound = { ...always, linkIndex: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }
  return fc.oneof(fc.record<TcpSocket>(always), fc.record<TcpSocket>(bound))
}
