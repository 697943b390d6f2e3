import { type AddressFamily, FamilyNumber, familyOf } from '../address.ts'
import { getU32, putU32 } from '../bytes.ts'
import { Sock } from '../constants.ts'
import { DecodeError } from '../errors.ts'
import { DiagSize } from './constants.ts'
import { readSocketId, type SocketId, writePorts, writeSocketId } from './socket-id.ts'
import { stateBits, TCP_STATES, type TcpState, tcpState } from './states.ts'

/** A TCP socket of a network namespace. */
export interface TcpSocket extends SocketId {
  readonly state: TcpState
  /** Who owns it; 0 for what belongs to no process any more. */
  readonly uid: number
  /** Its number under /proc/PID/fd; 0 for what belongs to no process any more. */
  readonly inode: number
}

/** Which sockets to list; all of them when nothing is said. */
export interface TcpSocketFilter {
  /** 1 to 65535. */
  readonly localPort?: number
  /** 1 to 65535. */
  readonly remotePort?: number
  /** @default every one that has a name here */
  readonly states?: readonly TcpState[]
}

/** The payload that asks for the TCP sockets of a family: `struct inet_diag_req_v2`; throws RangeError. */
export function encodeSocketDump(family: AddressFamily, filter: TcpSocketFilter): Uint8Array {
  const bytes = request(family, stateBits(filter.states ?? TCP_STATES))
  // In a dump the kernel looks at neither addresses nor cookie (inet_diag_dump_icsk); link 0 is any.
  const { localPort, remotePort } = filter
  writePorts(bytes, ID_IN_REQUEST, port('local port', localPort), port('remote port', remotePort))
  return bytes
}

/** The payload that ends one socket, the one with this cookie and no other; throws RangeError. */
export function encodeSocketDestroy(socket: SocketId): Uint8Array {
  const bytes = request(socket.family, 0)
  writeSocketId(bytes, ID_IN_REQUEST, socket)
  return bytes
}

/** Reads the payload of a listed socket: `struct inet_diag_msg`, of which no attributes are needed; throws {@link DecodeError}. */
export function decodeTcpSocket(payload: Uint8Array): TcpSocket {
  if (payload.length < DiagSize.MESSAGE) {
    throw new DecodeError('socket', `${DiagSize.MESSAGE} bytes`, `${payload.length} bytes`)
  }
  const [number = 0, state = 0] = payload
  return {
    ...readSocketId(payload, ID_IN_MESSAGE, familyOf(number, 'socket')),
    state: tcpState(state),
    uid: getU32(payload, UID),
    inode: getU32(payload, INODE),
  }
}

/** Where `struct inet_diag_sockid` begins in `inet_diag_req_v2` and in `inet_diag_msg`. */
const ID_IN_REQUEST = 8
const ID_IN_MESSAGE = 4
const STATES = 4
const UID = 64
const INODE = 68

function request(family: AddressFamily, states: number): Uint8Array {
  const bytes = new Uint8Array(DiagSize.REQUEST)
  bytes[0] = FamilyNumber[family]
  bytes[1] = Sock.IPPROTO_TCP
  putU32(bytes, STATES, states)
  return bytes
}

/** 0 means "any" to the kernel, so nobody may mean 0. */
function port(what: string, number: number | undefined): number {
  if (number === 0) throw new RangeError(`${what}: 0 is not a port`)
  return number ?? 0
}
