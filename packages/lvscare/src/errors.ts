/** Every way this package can fail by itself. Codes are public API: add, never rename. */
export type LvscareErrorCode =
  | 'ERR_LVSCARE_DEVICE_TAKEN'
  | 'ERR_LVSCARE_INCOMPLETE'
  | 'ERR_LVSCARE_NODE_ADDRESS'
  | 'ERR_LVSCARE_NO_GUARD'
  | 'ERR_LVSCARE_SETTING'
  | 'ERR_LVSCARE_USAGE'
  | 'ERR_LVSCARE_VIP_TAKEN'

/** Base class of the errors of this package; match on {@link LvscareError.code}. */
export abstract class LvscareError extends Error {
  /** What went wrong, for programs. */
  abstract readonly code: LvscareErrorCode
}

/** Which flag a {@link UsageError} is about. */
export interface UsageDetails {
  /** Its name without dashes, such as `health-path`, wherever it was set. */
  readonly flag: string
  /** Its value as the message shows it; absent where the flag is missing. */
  readonly value?: string
  /** What must be, as the message has it. */
  readonly rule: string
}

/** What the operator wrote cannot be used; nothing was changed. The command line answers it with exit code 2. */
export class UsageError extends LvscareError {
  override readonly name = 'UsageError'
  readonly code = 'ERR_LVSCARE_USAGE'
  // Private, so that a log with the error in it does not say everything twice.
  readonly #details: UsageDetails | undefined

  /** `details` are for what is wrong with one flag. */
  constructor(message: string, options: ErrorOptions & { details?: UsageDetails } = {}) {
    super(message, options)
    this.#details = options.details
  }

  /** `undefined` where it is not about one flag. */
  get details(): UsageDetails | undefined {
    return this.#details
  }
}

/** Nobody says which address this node has, and the kernel knows no route that would tell. */
export class NodeAddressError extends LvscareError {
  override readonly name = 'NodeAddressError'
  readonly code = 'ERR_LVSCARE_NODE_ADDRESS'

  /** `servers` are the apiservers to which no route was found, as the message names them. */
  constructor(servers: string) {
    super(
      `this node's address is not known: there is no route to ${servers}; ` +
        'give it with --ip, LVSCARE_NODE_IP or a line for lvscare.node.ip in /etc/hosts',
    )
  }
}

/** The way to the virtual IP is somebody else's: the kernel's, because it is an address of a link of this node, or a better route. */
export class VipTakenError extends LvscareError {
  override readonly name = 'VipTakenError'
  readonly code = 'ERR_LVSCARE_VIP_TAKEN'

  /** `route`: the one that comes before ours, where it is not an address that is in the way. */
  constructor(address: string, route?: string) {
    super(
      (route === undefined
        ? `the virtual IP ${address} is assigned to a link of this node: take it off that link, `
        : `another route to the virtual IP ${address} comes before ours (${route}): delete it, `) +
        'choose another virtual IP, or leave the way to it alone with --mode none',
    )
  }
}

/** The name of the device of mode `link` belongs to something else. */
export class DeviceTakenError extends LvscareError {
  override readonly name = 'DeviceTakenError'
  readonly code = 'ERR_LVSCARE_DEVICE_TAKEN'

  /** `kind` is what the link is instead. */
  constructor(device: string, kind: string) {
    super(`the link ${device} is not a dummy device (${kind}): choose another name with --iface`)
  }
}

/** A setting of the kernel may not be written here. */
export class SettingError extends LvscareError {
  override readonly name = 'SettingError'
  readonly code = 'ERR_LVSCARE_SETTING'

  /** `setting` is name and value as `sysctl -w` takes them. */
  constructor(setting: string, reason: string, cause: unknown) {
    super(`${setting} cannot be set here (${reason}): set it on the host with sysctl -w ${setting}`, {
      cause,
    })
  }
}

/** There is neither a guard nor a rule to show. */
export class NoGuardError extends LvscareError {
  override readonly name = 'NoGuardError'
  readonly code = 'ERR_LVSCARE_NO_GUARD'

  /** `virtual` is the one that was asked for, if any. */
  constructor(virtual: string | undefined) {
    super(
      virtual === undefined
        ? 'no guard runs in this network namespace, and none has left a rule: start one with lvscare care'
        : `no guard of ${virtual} runs in this network namespace, and there is no such rule: start one with lvscare care`,
    )
  }
}

/** A pass that had to be complete was not; the causes are the errors of its steps. */
export class IncompleteError extends LvscareError {
  override readonly name = 'IncompleteError'
  readonly code = 'ERR_LVSCARE_INCOMPLETE'

  /** The message has the sentence of each; `cause` is the first. */
  constructor(causes: readonly unknown[]) {
    super(causes.map((cause) => messageOf(cause)).join('; '), { cause: causes[0] })
  }
}

/** The sentence of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ')
}

/** The stable code of anything that was thrown, or `undefined`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
