/**
 * The eleven functions of libc this package calls: the one seam between TypeScript and the kernel.
 *
 * Every method throws {@link SyscallError} with the errno when the function answers -1. All are
 * synchronous on purpose: the kernel answers a netlink request inside `send`.
 */
export interface Libc {
  /** Which binding this is, for logs and tests: `koffi`, `ffi-napi`, or a fake's own name. */
  readonly name: string
  /** socket(2): the new file descriptor. */
  socket(domain: number, type: number, protocol: number): number
  /** bind(2) to an encoded `struct sockaddr_nl`. */
  bind(fd: number, address: Uint8Array): void
  /** connect(2): on netlink, from then on only that peer's messages are received. */
  connect(fd: number, address: Uint8Array): void
  /** getsockname(2): fills `address` and returns the number of bytes the address has. */
  getsockname(fd: number, address: Uint8Array): number
  /** setsockopt(2) with the option's bytes as C has them. */
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): void
  /** getsockopt(2): fills `value` and returns the number of bytes the option has, at most its length. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array): number
  /** send(2): the number of bytes sent. */
  send(fd: number, bytes: Uint8Array, flags: number): number
  /** recv(2): the number of bytes received; with MSG_TRUNC the datagram's real length. */
  recv(fd: number, buffer: Uint8Array, flags: number): number
  /**
   * recv(2) that never waits (MSG_DONTWAIT is added): undefined when nothing is queued.
   *
   * For who asks often and mostly in vain: to throw EAGAIN costs ten times the call itself.
   */
  recvNow(fd: number, buffer: Uint8Array, flags: number): number | undefined
  /** setns(2): from now on this thread is in the namespace that the descriptor is of; `kind` is the `CLONE_NEW*` of its kind. */
  setns(fd: number, kind: number): void
  /** close(2). */
  close(fd: number): void
}
