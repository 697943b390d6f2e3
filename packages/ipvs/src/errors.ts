import { isNetlinkError, type NetlinkError } from '@lvscare/netlink'

/** Every way this package can fail. Codes are public API: add, never rename. */
export type IpvsErrorCode =
  | 'ERR_IPVS_EXISTS'
  | 'ERR_IPVS_INVALID'
  | 'ERR_IPVS_KERNEL'
  | 'ERR_IPVS_NO_DESTINATION'
  | 'ERR_IPVS_NO_PRIVILEGE'
  | 'ERR_IPVS_NO_SCHEDULER'
  | 'ERR_IPVS_NO_SERVICE'
  | 'ERR_IPVS_UNAVAILABLE'

/** What was asked for, in the words that stand in the message. */
export type IpvsOperation =
  | 'open IPVS'
  | 'read info'
  | 'read services'
  | 'read connections'
  | 'read timeouts'
  | 'set timeouts'
  | 'zero counters of'
  | `${'add' | 'set' | 'delete' | 'read'} service`
  | `${'add' | 'set' | 'delete'} destination`
  | 'read destinations'

/** What an {@link IpvsError} is made of; the class writes the sentence. */
export interface IpvsFailure {
  readonly code: IpvsErrorCode
  readonly operation: IpvsOperation
  /** The object of the operation, such as `10.0.0.11:6443 of TCP 10.103.97.2:6443`; empty where there is none. */
  readonly subject: string
  readonly cause: unknown
}

/** Something asked of IPVS did not happen; match on {@link IpvsError.code}. */
export class IpvsError extends Error {
  override readonly name = 'IpvsError'
  /** What went wrong, for programs. */
  readonly code: IpvsErrorCode
  /** What was asked for. */
  readonly operation: IpvsOperation
  /** The object of the operation, as in {@link IpvsFailure.subject}. */
  readonly subject: string

  /** Writes the sentence from what failed and why, with what to do next. */
  constructor({ code, operation, subject, cause }: IpvsFailure) {
    const what = `${operation} ${subject}`.trimEnd()
    super(`cannot ${what}: ${REASONS[code](messageOf(cause))}`, { cause })
    this.code = code
    this.operation = operation
    this.subject = subject
  }
}

/** True for any {@link IpvsError}, also one thrown by a second, bundled copy of this package. */
export function isIpvsError(value: unknown): value is IpvsError {
  return value instanceof Error && 'code' in value && String(value.code).startsWith('ERR_IPVS_')
}

/** What went wrong, and what to do next. */
const REASONS: Readonly<Record<IpvsErrorCode, (cause: string) => string>> = {
  ERR_IPVS_EXISTS: () => 'the kernel has it already; set it instead of adding it',
  ERR_IPVS_INVALID: (cause) => `${cause}; correct the value and try again`,
  ERR_IPVS_KERNEL: (cause) => `${cause}; look into the kernel log`,
  ERR_IPVS_NO_DESTINATION: () => 'the service has no such destination; add it first',
  ERR_IPVS_NO_PRIVILEGE: () =>
    'not permitted; run as root in the initial user namespace, or give the container CAP_NET_ADMIN',
  ERR_IPVS_NO_SCHEDULER: () =>
    'the kernel finds no module for its scheduler or persistence engine; install ip_vs_<scheduler> on the host or choose another',
  ERR_IPVS_NO_SERVICE: () => 'the kernel has no such virtual service; add it first',
  ERR_IPVS_UNAVAILABLE: (cause) => `${cause}; load the module ip_vs on the host (modprobe ip_vs)`,
}

/** Of the netlink errors those whose errno says more than "the kernel did not like it", whatever the operation. */
const CODES: Readonly<Record<string, IpvsErrorCode>> = {
  EPERM: 'ERR_IPVS_NO_PRIVILEGE',
  EEXIST: 'ERR_IPVS_EXISTS',
  ESRCH: 'ERR_IPVS_NO_SERVICE',
  EINVAL: 'ERR_IPVS_INVALID',
  ERANGE: 'ERR_IPVS_INVALID',
  // The address family of the service: IPv6 is disabled on this host.
  EAFNOSUPPORT: 'ERR_IPVS_INVALID',
  // The module is being unloaded.
  ENOPROTOOPT: 'ERR_IPVS_UNAVAILABLE',
}

/** Gives every failure of the layers below its code and its sentence; what is no failure but a bug is passed on. */
export function toIpvsError(cause: unknown, operation: IpvsOperation, subject: string): unknown {
  const code = codeOf(cause, operation)
  return code === undefined ? cause : new IpvsError({ code, operation, subject, cause })
}

function codeOf(cause: unknown, operation: IpvsOperation): IpvsErrorCode | undefined {
  // The codecs throw it for a value that breaks a rule, before anything is sent.
  if (cause instanceof RangeError) return 'ERR_IPVS_INVALID'
  // A binding that does not load is no word of the kernel's: its own message says what to do.
  if (!isNetlinkError(cause) || cause.code === 'ERR_NETLINK_BINDING') return undefined
  return netlinkCode(cause, operation)
}

function netlinkCode(cause: NetlinkError, operation: IpvsOperation): IpvsErrorCode {
  switch (cause.code) {
    case 'ERR_NETLINK_NO_FAMILY':
      return 'ERR_IPVS_UNAVAILABLE'
    case 'ERR_NETLINK_SYSCALL':
      return syscallCode(errnoOf(cause))
    case 'ERR_NETLINK_KERNEL':
      return kernelCode(errnoOf(cause), operation)
    default:
      return 'ERR_IPVS_KERNEL'
  }
}

/** A call on the socket itself: here EINVAL and its like are no word about an argument of the caller. */
function syscallCode(errno: string): IpvsErrorCode {
  if (errno === 'EPERM' || errno === 'EACCES') return 'ERR_IPVS_NO_PRIVILEGE'
  const unknownFamily = errno === 'EAFNOSUPPORT' || errno === 'EPROTONOSUPPORT'
  return unknownFamily ? 'ERR_IPVS_UNAVAILABLE' : 'ERR_IPVS_KERNEL'
}

/** ENOENT depends on what was asked: the family's own disappearance is a NoFamilyError by the time it gets here. */
function kernelCode(errno: string, operation: IpvsOperation): IpvsErrorCode {
  if (errno !== 'ENOENT') return CODES[errno] ?? 'ERR_IPVS_KERNEL'
  if (operation === 'add service' || operation === 'set service') return 'ERR_IPVS_NO_SCHEDULER'
  if (operation.endsWith('destination')) return 'ERR_IPVS_NO_DESTINATION'
  return 'ERR_IPVS_KERNEL'
}

function errnoOf(cause: NetlinkError): string {
  return 'errno' in cause ? String(cause.errno) : ''
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
