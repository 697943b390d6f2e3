/** Every way this package can fail by itself. Codes are public API: add, never rename. */
export type InstallerErrorCode =
  | 'ERR_INSTALLER_CONFIG'
  | 'ERR_INSTALLER_USAGE'
  | 'ERR_INSTALLER_REFUSED'
  | 'ERR_INSTALLER_HOST'
  | 'ERR_INSTALLER_COMMAND'
  | 'ERR_INSTALLER_CHECK'
  | 'ERR_INSTALLER_TEMPLATE'
  | 'ERR_INSTALLER_DOCUMENT'

/** Base class of the errors of this package; match on {@link InstallerError.code}. */
export abstract class InstallerError extends Error {
  /** What went wrong, for programs. */
  abstract readonly code: InstallerErrorCode
}

/** One thing in a configuration that breaks a rule. */
export interface Problem {
  /** Where it stands, such as `servers[1]` or `guard.interval`. */
  readonly path: string
  /** What stands there, as JSON writes it; `undefined` where something is missing. */
  readonly value: unknown
  /** What must be, such as `must be a number from 1 to 65535`. */
  readonly rule: string
}

/** A configuration cannot be used; it lists everything that is wrong with it. Nothing was changed. */
export class ConfigError extends InstallerError {
  override readonly name = 'ConfigError'
  readonly code = 'ERR_INSTALLER_CONFIG'
  /** Everything that is wrong, in the order in which it was found. */
  readonly problems: readonly Problem[]

  /** The message is all of them, one after the other. */
  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('; '))
    this.problems = problems
  }
}

/** What the operator wrote on the command line cannot be used; nothing was changed. */
export class InstallerUsageError extends InstallerError {
  override readonly name = 'InstallerUsageError'
  readonly code = 'ERR_INSTALLER_USAGE'
}

/** A plan is not carried out, because of findings that only the operator can decide about. Nothing was changed. */
export class RefusedError extends InstallerError {
  override readonly name = 'RefusedError'
  readonly code = 'ERR_INSTALLER_REFUSED'
}

/** A node cannot be reached, or does not let us work on it. */
export class HostError extends InstallerError {
  override readonly name = 'HostError'
  readonly code = 'ERR_INSTALLER_HOST'
}

/** A program on a node ended with something else than 0. */
export class CommandError extends InstallerError {
  override readonly name = 'CommandError'
  readonly code = 'ERR_INSTALLER_COMMAND'

  /** `ended` is its exit code or signal in words; of `stderr` the message has the last five lines. */
  constructor(host: string, argv: readonly string[], ended: string, stderr: string) {
    const words = stderr.trim().split('\n').slice(-5).join(' | ')
    super(`${host}: ${argv.join(' ')} ended with ${ended}${words === '' ? '' : `: ${words}`}`)
  }
}

/** What was set up does not work: no server answers through the virtual IP, or not as it must. */
export class CheckError extends InstallerError {
  override readonly name = 'CheckError'
  readonly code = 'ERR_INSTALLER_CHECK'
}

/** A template uses something that is not in the documented subset, or cannot be rendered. */
export class TemplateError extends InstallerError {
  override readonly name = 'TemplateError'
  readonly code = 'ERR_INSTALLER_TEMPLATE'
}

/** A document, such as a kubeadm configuration, cannot be read or merged. */
export class DocumentError extends InstallerError {
  override readonly name = 'DocumentError'
  readonly code = 'ERR_INSTALLER_DOCUMENT'
}

/** `path value: rule` on one line. */
export function problemText({ path, value, rule }: Problem): string {
  return value === undefined ? `${path}: ${rule}` : `${path} ${JSON.stringify(value)}: ${rule}`
}
