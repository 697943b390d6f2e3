import { type AddressFamily, formatAddress, parseAddress } from '../address.ts'
import { getBe16, getU32, putBe16, putU32, unsigned } from '../bytes.ts'
import { INET_DIAG_NOCOOKIE } from './constants.ts'

/** One end of a connection. */
export interface SocketEnd {
  /** An IPv4 address in an IPv6 socket (`::ffff:192.0.2.1`) is given as IPv4. */
  readonly address: string
  readonly port: number
}

/** What tells a socket from every other, also from a later one between the same ends. */
export interface SocketId {
  /** Of the socket, as the kernel listed it: `inet6` also for a connection over IPv4 of an IPv6 socket. */
  readonly family: AddressFamily
  readonly local: SocketEnd
  /** `0.0.0.0` or `::` and port 0 where there is none. */
  readonly remote: SocketEnd
  /** The kernel's own number of it. */
  readonly cookie: bigint
  /** The link it is bound to, where it is bound to one. */
  readonly linkIndex?: number
}

/** Fields of `struct inet_diag_sockid` from its begin; ports and addresses are in network byte order. */
const At = { SPORT: 0, DPORT: 2, SRC: 4, DST: 20, IF: 36, COOKIE: 40 } as const

/** The first twelve bytes of an IPv4 address in an IPv6 socket. */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** Reads a `struct inet_diag_sockid`; the caller has checked that it is there. */
export function readSocketId(bytes: Uint8Array, start: number, family: AddressFamily): SocketId {
  const end = (address: number, port: number): SocketEnd => ({
    address: addressText(bytes.subarray(start + address, start + address + 16), family),
    port: getBe16(bytes, start + port),
  })
  const low = getU32(bytes, start + At.COOKIE)
  const high = getU32(bytes, start + At.COOKIE + 4)
  const id = {
    ...{ family, local: end(At.SRC, At.SPORT), remote: end(At.DST, At.DPORT) },
    cookie: (BigInt(high) << 32n) | BigInt(low),
  }
  const linkIndex = getU32(bytes, start + At.IF)
  return linkIndex === 0 ? id : { ...id, linkIndex }
}

/** Writes the `struct inet_diag_sockid` of one socket; throws RangeError for what no socket has. */
export function writeSocketId(bytes: Uint8Array, start: number, id: SocketId): void {
  const { family, local, remote, cookie, linkIndex = 0 } = id
  writePorts(bytes, start, local.port, remote.port)
  bytes.set(addressBytes(local.address, family), start + At.SRC)
  bytes.set(addressBytes(remote.address, family), start + At.DST)
  putU32(bytes, start + At.IF, unsigned('link index', linkIndex, 32))
  if (cookie < 0n || cookie >= ANY_COOKIE) throw new RangeError(`${cookie} is not the cookie of one socket`)
  putU32(bytes, start + At.COOKIE, Number(cookie & LOW_WORD))
  putU32(bytes, start + At.COOKIE + 4, Number(cookie >> 32n))
}

/** Writes the ports alone, which a `struct inet_diag_sockid` begins with. */
export function writePorts(bytes: Uint8Array, start: number, local: number, remote: number): void {
  putBe16(bytes, start + At.SPORT, unsigned('local port', local, 16))
  putBe16(bytes, start + At.DPORT, unsigned('remote port', remote, 16))
}

const LOW_WORD = BigInt(INET_DIAG_NOCOOKIE)

/** Both words are INET_DIAG_NOCOOKIE: it must never be sent. */
const ANY_COOKIE = (LOW_WORD << 32n) | LOW_WORD

function addressText(bytes: Uint8Array, family: AddressFamily): string {
  if (family === 'inet') return formatAddress(bytes.subarray(0, 4))
  const mapped = MAPPED.every((byte, index) => bytes[index] === byte)
  return formatAddress(mapped ? bytes.subarray(MAPPED.length) : bytes)
}

function addressBytes(text: string, family: AddressFamily): Uint8Array {
  const address = parseAddress(text)
  if (address.family === family) return address.bytes
  if (family === 'inet') throw new RangeError(`${text} is no address of an IPv4 socket`)
  return Buffer.concat([MAPPED, address.bytes])
}
