import { putU32, unsigned } from './bytes.ts'
import { Sock } from './constants.ts'
import type { Libc } from './libc/libc.ts'
import { defaultLibc } from './libc/load.ts'

/** Options of {@link setTcpUserTimeout}. */
export interface TcpUserTimeoutOptions {
  /** The binding to libc. @default the one that LVSCARE_FFI names */
  readonly libc?: Libc
}

/**
 * Ends a TCP connection with ETIMEDOUT when what was sent, or a keepalive probe, stays without an answer for so many
 * milliseconds; 0 is the kernel's own rule, a quarter of an hour. Throws {@link SyscallError} for a descriptor that is no
 * TCP socket, and RangeError.
 */
export function setTcpUserTimeout(fd: number, ms: number, options: TcpUserTimeoutOptions = {}): void {
  const { libc = defaultLibc() } = options
  const value = new Uint8Array(4)
  // The kernel takes an int, and refuses one below zero.
  putU32(value, 0, unsigned('TCP_USER_TIMEOUT', ms, 31))
  libc.setsockopt(fd, Sock.IPPROTO_TCP, Sock.TCP_USER_TIMEOUT, value)
}
