import { LITTLE, viewOf } from './bytes.ts'
import { Size, Sock, SockOpt } from './constants.ts'
import { DecodeError, SyscallError } from './errors.ts'
import type { Libc } from './libc/libc.ts'

/** Longest datagram the kernel builds for a dump once it has seen a buffer this large (netlink_dump). */
const DUMP_BYTES = 32 * 1024

/** A datagram was longer than the buffer: what did not fit is lost, and only asking again brings it back. */
export class CutError extends DecodeError {
  /** The datagram's whole length in bytes. */
  readonly length: number

  constructor(length: number, room: number) {
    super('datagram', `at most ${room} bytes`, `${length} bytes`)
    this.length = length
  }
}

/** How a {@link NetlinkSocket} is opened. */
export interface SocketOptions {
  readonly libc: Libc
  /** `NETLINK_*` family, see {@link Protocol}. */
  readonly protocol: number
  /** Longest wait for a datagram, in whole milliseconds, at least 1. */
  readonly timeoutMs: number
  /** Let the kernel check and honour filters in dump requests (rtnetlink, Linux 4.20). */
  readonly strictDumps: boolean
  /** Room for one datagram in bytes; 32 KiB hold any but the answer about one link with very many parts. */
  readonly bufferBytes?: number
  /** Multicast groups to hear, as a bitmask of the groups 1 to 32; needs no privilege. @default none */
  readonly groups?: number
  /** Bytes that the kernel may queue here, of which it doubles what it is told. @default the system's (rmem_default) */
  readonly queueBytes?: number
}

/** One netlink file descriptor: whole datagrams in and out, nothing about what is in them. */
export class NetlinkSocket {
  /** The port id the kernel gave this socket; replies carry it. */
  readonly portId: number
  readonly #libc: Libc
  readonly #timeoutMs: number
  readonly #buffer: Buffer
  #fd: number

  private constructor(fd: number, portId: number, options: SocketOptions) {
    this.#fd = fd
    this.portId = portId
    this.#libc = options.libc
    this.#timeoutMs = options.timeoutMs
    this.#buffer = Buffer.alloc(options.bufferBytes ?? DUMP_BYTES)
  }

  /** Opens and binds a socket that only the kernel can write to; throws {@link SyscallError}. */
  static open(options: SocketOptions): NetlinkSocket {
    const { libc, protocol } = options
    const fd = libc.socket(Sock.AF_NETLINK, Sock.SOCK_RAW | Sock.SOCK_CLOEXEC, protocol)
    try {
      configure(libc, fd, options)
      libc.bind(fd, sockaddr(options.groups))
      // Connected to port 0, the kernel refuses what other processes send here (netlink_getsockbyportid).
      libc.connect(fd, KERNEL_ADDRESS)
      return new NetlinkSocket(fd, boundPortId(libc, fd), options)
    } catch (error) {
      libc.close(fd)
      throw error
    }
  }

  /** Sends one datagram, which may hold several messages. The kernel has acted on it when this returns. */
  send(datagram: Uint8Array): void {
    const sent = retryInterrupted(() => this.#libc.send(this.#open(), datagram, 0))
    if (sent !== datagram.length) {
      throw new DecodeError('send', `${datagram.length} bytes taken`, `${sent} bytes`)
    }
  }

  /**
   * One whole datagram, in a buffer that the next call overwrites.
   *
   * Throws {@link SyscallError} `EAGAIN` after the time limit and `ENOBUFS` when the kernel had to drop answers, and
   * {@link CutError} when the datagram is longer than the buffer.
   */
  receive(): Uint8Array {
    // With MSG_TRUNC the answer is the datagram's own length, so that a cut one cannot pass for whole.
    const length = this.#recv(Sock.MSG_TRUNC)
    if (length > this.#buffer.length) throw new CutError(length, this.#buffer.length)
    return this.#buffer.subarray(0, length)
  }

  /** Takes a datagram that is queued and forgets it; false when there is none. Never waits; throws as {@link NetlinkSocket.receive}. */
  discard(): boolean {
    return retryInterrupted(() => this.#libc.recvNow(this.#open(), this.#buffer, 0)) !== undefined
  }

  /** Gives the descriptor back; safe to call twice. */
  close(): void {
    if (this.#fd < 0) return
    const fd = this.#fd
    this.#fd = -1
    this.#libc.close(fd)
  }

  #recv(flags: number): number {
    try {
      return retryInterrupted(() => this.#libc.recv(this.#open(), this.#buffer, flags))
    } catch (error) {
      throw isErrno(error, 'EAGAIN') ? timedOut(this.#timeoutMs, error) : error
    }
  }

  #open(): number {
    if (this.#fd < 0) throw new SyscallError('send', EBADF, 'this netlink socket is closed: open a new one')
    return this.#fd
  }
}

/** More signals in a row than ever come: who is interrupted for ever must not stand still. */
const MAX_INTERRUPTIONS = 1000

const EBADF = 9
const EAGAIN = 11

/** `struct sockaddr_nl` with port 0: "choose one for me" in bind, "the kernel" in connect. */
const KERNEL_ADDRESS: Uint8Array = sockaddr()

function sockaddr(groups = 0): Uint8Array {
  const address = Buffer.alloc(Size.SOCKADDR_NL)
  viewOf(address).setUint16(0, Sock.AF_NETLINK, LITTLE)
  viewOf(address).setUint32(8, groups, LITTLE)
  return address
}

function configure(libc: Libc, fd: number, options: SocketOptions): void {
  libc.setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVTIMEO, timeval(options.timeoutMs))
  if (options.queueBytes !== undefined)
    libc.setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVBUF, int(options.queueBytes))
  enable(libc, fd, SockOpt.CAP_ACK)
  enable(libc, fd, SockOpt.EXT_ACK)
  if (options.strictDumps) enable(libc, fd, SockOpt.GET_STRICT_CHK)
}

/** These options only add detail or save bytes: a kernel too old for one is still good enough. */
function enable(libc: Libc, fd: number, option: number): void {
  try {
    libc.setsockopt(fd, Sock.SOL_NETLINK, option, int(1))
  } catch (error) {
    if (!isErrno(error, 'ENOPROTOOPT')) throw error
  }
}

function int(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  viewOf(bytes).setInt32(0, value, LITTLE)
  return bytes
}

/** `struct timeval` of a 64-bit ABI: seconds and microseconds, eight bytes each. */
function timeval(ms: number): Uint8Array {
  // To the kernel zero means "for ever", and a guard that waits for ever guards nothing.
  if (!Number.isSafeInteger(ms) || ms < 1)
    throw new RangeError(`a time limit of ${ms} ms: it must be 1 or more`)
  const bytes = Buffer.alloc(16)
  const view = viewOf(bytes)
  view.setBigInt64(0, BigInt(Math.floor(ms / 1000)), LITTLE)
  view.setBigInt64(8, BigInt((ms % 1000) * 1000), LITTLE)
  return bytes
}

function boundPortId(libc: Libc, fd: number): number {
  const address = Buffer.alloc(Size.SOCKADDR_NL)
  const length = libc.getsockname(fd, address)
  if (length !== Size.SOCKADDR_NL) throw new DecodeError('getsockname', '12 bytes', `${length} bytes`)
  return viewOf(address).getUint32(4, LITTLE)
}

function retryInterrupted<T>(call: () => T): T {
  for (let interruptions = 0; ; interruptions += 1) {
    try {
      return call()
    } catch (error) {
      if (!isErrno(error, 'EINTR') || interruptions >= MAX_INTERRUPTIONS) throw error
    }
  }
}

function timedOut(timeoutMs: number, cause: unknown): SyscallError {
  const error = new SyscallError('recv', EAGAIN, `the kernel gave no answer within ${timeoutMs} ms`)
  error.cause = cause
  return error
}

function isErrno(error: unknown, errno: string): boolean {
  return error instanceof SyscallError && error.errno === errno
}
