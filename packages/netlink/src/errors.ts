import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** Every way this package can fail. Codes are public API: add, never rename. */
export type NetlinkErrorCode =
  | 'ERR_NETLINK_BINDING'
  | 'ERR_NETLINK_DECODE'
  | 'ERR_NETLINK_KERNEL'
  | 'ERR_NETLINK_NAMESPACE_LOST'
  | 'ERR_NETLINK_NO_FAMILY'
  | 'ERR_NETLINK_NO_SUBSYSTEM'
  | 'ERR_NETLINK_SYSCALL'

/** Base class of every error thrown by this package; match on {@link NetlinkError.code}. */
export abstract class NetlinkError extends Error {
  /** What went wrong, for programs. */
  abstract readonly code: NetlinkErrorCode
}

/** True for any {@link NetlinkError}, also one thrown by a second, bundled copy of this package. */
export function isNetlinkError(value: unknown): value is NetlinkError {
  return value instanceof Error && 'code' in value && String(value.code).startsWith('ERR_NETLINK_')
}

/** The foreign-function binding to libc is unknown, or could not be loaded. */
export class BindingError extends NetlinkError {
  override readonly name = 'BindingError'
  readonly code = 'ERR_NETLINK_BINDING'
}

/** The bytes do not have the shape the protocol promises. */
export class DecodeError extends NetlinkError {
  override readonly name = 'DecodeError'
  readonly code = 'ERR_NETLINK_DECODE'
  /** Where in the message, such as `service.4`. */
  readonly path: string

  /** `expected` and `received` stand in the message as they are. */
  constructor(path: string, expected: string, received: string) {
    super(`${path}: expected ${expected}, received ${received}`)
    this.path = path
  }
}

/** What the kernel says beside its errno when `NETLINK_EXT_ACK` is on. */
export interface ExtendedAck {
  /** The kernel's own sentence; never base logic on it, its wording differs between releases. */
  readonly message?: string | undefined
  /** Offset in bytes of the bad attribute, counted from the start of the request's header. */
  readonly offset?: number | undefined
}

/** The kernel answered our request with a negative errno. */
export class KernelError extends NetlinkError {
  override readonly name = 'KernelError'
  readonly code = 'ERR_NETLINK_KERNEL'
  /** The symbol, such as `EEXIST` or `ESRCH`. */
  readonly errno: string
  /** The kernel's own text and the offset of the attribute it complains of, where it gave them. */
  readonly extended: ExtendedAck

  /** `request` says what was refused, where one datagram asks for several things. */
  constructor(errno: number, extended: ExtendedAck = {}, request = 'the request') {
    const symbol = errnoName(errno)
    const text = extended.message === undefined ? '' : `: ${extended.message}`
    const at = extended.offset === undefined ? '' : ` (at byte ${extended.offset} of the request)`
    super(`the kernel refused ${request} with ${symbol}${text}${at}`)
    this.errno = symbol
    this.extended = extended
  }
}

/** A libc call on the socket itself failed. */
export class SyscallError extends NetlinkError {
  override readonly name = 'SyscallError'
  readonly code = 'ERR_NETLINK_SYSCALL'
  /** The function of libc, such as `recv`. */
  readonly syscall: string
  /** The symbol, such as `EPERM`. */
  readonly errno: string

  /** `hint` says what to do about it, where that is known. */
  constructor(syscall: string, errno: number, hint?: string) {
    const symbol = errnoName(errno)
    super(
      hint === undefined ? `${syscall} failed with ${symbol}` : `${syscall} failed with ${symbol}: ${hint}`,
    )
    this.syscall = syscall
    this.errno = symbol
  }
}

/** The running kernel has no such generic netlink family and could not load a module that brings it. */
export class NoFamilyError extends NetlinkError {
  override readonly name = 'NoFamilyError'
  readonly code = 'ERR_NETLINK_NO_FAMILY'
  /** The name that was looked up, such as `IPVS`. */
  readonly family: string

  /** `cause` is the answer of the controller, nlctrl. */
  constructor(family: string, cause: KernelError) {
    super(
      `this kernel has no generic netlink family "${family}", and no module that it could load brings it`,
      { cause },
    )
    this.family = family
  }
}

/** The running kernel has no such part, of netfilter or for sockets, and could not load a module that brings it. */
export class NoSubsystemError extends NetlinkError {
  override readonly name = 'NoSubsystemError'
  readonly code = 'ERR_NETLINK_NO_SUBSYSTEM'
  /** What is missing, such as `nf_tables`. */
  readonly subsystem: string

  /** `cause` is what the kernel answered when it was asked for it. */
  constructor(subsystem: string, cause: KernelError | SyscallError) {
    super(`this kernel has no ${subsystem}, and no module that it could load brings it`, { cause })
    this.subsystem = subsystem
  }
}

/** This thread is in another network namespace and cannot come back: whatever it sets from now on, it sets there. The process must end. */
export class NamespaceLostError extends NetlinkError {
  override readonly name = 'NamespaceLostError'
  readonly code = 'ERR_NETLINK_NAMESPACE_LOST'

  /** `cause` is why the way back failed. */
  constructor(cause: unknown) {
    super(
      'this process cannot come back from another network namespace, and would set its rules over there: it must end',
      { cause },
    )
  }
}

/** The kernel's symbol of a positive errno, or `errno 4242` for a number Node has no name for. */
export function errnoName(errno: number): string {
  // Neither list has them all: os knows no ESOCKTNOSUPPORT, libuv no ESTALE, and ERESTART is the kernel's own.
  return SYMBOLS.get(errno) ?? getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`
}

/** Where one number has two names, the one the kernel's sources do not use. */
const SECOND_NAMES: ReadonlySet<string> = new Set(['ENOTSUP', 'EWOULDBLOCK'])

const SYMBOLS: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).flatMap(([name, number]): [number, string][] =>
    SECOND_NAMES.has(name) ? [] : [[number, name]],
  ),
  [85, 'ERESTART'],
])
