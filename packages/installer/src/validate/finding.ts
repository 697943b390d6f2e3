/** How bad a finding is. `error`: the plan is refused; `warning`: it works, but something will go wrong; `note`: good to know. */
export const FINDING_SEVERITIES = ['note', 'warning', 'error'] as const

/** One of {@link FINDING_SEVERITIES}. */
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number]

/** Something about a configuration, or about the node it is for, that an operator must know. */
export interface InstallerFinding {
  /** Stable and public, listed in docs/installer.md: add, never rename. */
  readonly code: string
  readonly severity: FindingSeverity
  /** What it is about: a path of the configuration such as `serviceSubnet`, or a file. */
  readonly path: string
  /** What was found here and now, with the values. */
  readonly message: string
  /** What mends it. */
  readonly fix: string
}
