import { LITTLE, viewOf } from './bytes.ts'
import { Size, Sock } from './constants.ts'
import { DecodeError, SyscallError } from './errors.ts'
import type { Libc } from './libc/libc.ts'
import { defaultLibc } from './libc/load.ts'

/** Who listens on a Unix socket. */
export interface UnixPeer {
  /** The user it ran as when it began to listen; 65534 for one that this user namespace does not know. */
  readonly uid: number
  /** 0 for a process that this PID namespace does not know. */
  readonly pid: number
}

/** Options of {@link unixPeer}. */
export interface UnixPeerOptions {
  /** The binding to libc. @default the one that LVSCARE_FFI names */
  readonly libc?: Libc
}

/**
 * Who listens on the stream socket of this name in the abstract namespace (unix(7)), or undefined when nobody does.
 *
 * The name comes without its leading NUL and has 1 to 107 bytes as UTF-8; RangeError for any other. To the kernel the same
 * name filled up with NULs is another one, and it is the one that Node 20 (libuv before 1.48) listens on: that is asked
 * for too. A name of 107 bytes is the same in both. The listener sees a connection that is closed at once. Never waits: {@link SyscallError} `EAGAIN` when the listener has so many
 * connections to take that there is no room for this one.
 */
export function unixPeer(name: string, options: UnixPeerOptions = {}): UnixPeer | undefined {
  const { libc = defaultLibc() } = options
  const [address, filledUp] = abstractAddresses(name)
  return peerAt(libc, name, address) ?? peerAt(libc, name, filledUp)
}

const EAGAIN = 11

/** `struct sockaddr_un` exactly as long as the name, and as long as it can be. */
function abstractAddresses(name: string): readonly [exact: Uint8Array, filledUp: Uint8Array] {
  const path = Buffer.from(`\0${name}`)
  const room = Size.SOCKADDR_UN - Size.SOCKADDR_UN_FAMILY
  if (path.length < 2 || path.length > room) {
    throw new RangeError(`"${name}" is not an abstract socket's name: it must have 1 to ${room - 1} bytes`)
  }
  const address = Buffer.alloc(Size.SOCKADDR_UN)
  viewOf(address).setUint16(0, Sock.AF_UNIX, LITTLE)
  address.set(path, Size.SOCKADDR_UN_FAMILY)
  return [address.subarray(0, Size.SOCKADDR_UN_FAMILY + path.length), address]
}

function peerAt(libc: Libc, name: string, address: Uint8Array): UnixPeer | undefined {
  const type = Sock.SOCK_STREAM | Sock.SOCK_CLOEXEC | Sock.SOCK_NONBLOCK
  const fd = libc.socket(Sock.AF_UNIX, type, 0)
  try {
    return connected(libc, fd, name, address) ? credentials(libc, fd) : undefined
  } finally {
    libc.close(fd)
  }
}

/** False when nobody listens. */
function connected(libc: Libc, fd: number, name: string, address: Uint8Array): boolean {
  try {
    libc.connect(fd, address)
    return true
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    if (error.errno === 'ECONNREFUSED') return false
    throw error.errno === 'EAGAIN' ? backlogFull(name, error) : error
  }
}

function backlogFull(name: string, cause: SyscallError): SyscallError {
  const error = new SyscallError('connect', EAGAIN, `the listener of "${name}" takes no more connections`)
  error.cause = cause
  return error
}

/** `struct ucred` of the other side, as it was when it called listen(2). */
function credentials(libc: Libc, fd: number): UnixPeer {
  const ucred = Buffer.alloc(Size.UCRED)
  const length = libc.getsockopt(fd, Sock.SOL_SOCKET, Sock.SO_PEERCRED, ucred)
  if (length !== Size.UCRED) throw new DecodeError('SO_PEERCRED', `${Size.UCRED} bytes`, `${length} bytes`)
  const view = viewOf(ucred)
  return { pid: view.getInt32(0, LITTLE), uid: view.getUint32(4, LITTLE) }
}
