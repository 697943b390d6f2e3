import { codeOf } from 'lvscare'
import type { ApplyResult } from '../plan/step.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { type ExitStatus, InstallerExitCode } from './host.ts'

/** Errors that come before anything was changed, and that only the operator can mend. */
const REFUSED: readonly string[] = [
  'ERR_LVSCARE_USAGE',
  'ERR_INSTALLER_USAGE',
  'ERR_INSTALLER_CONFIG',
  'ERR_INSTALLER_REFUSED',
  'ERR_INSTALLER_TEMPLATE',
  'ERR_INSTALLER_DOCUMENT',
]

/** The exit code for anything that was thrown. */
export function exitOfError(error: unknown): ExitStatus {
  return REFUSED.includes(codeOf(error) ?? '') ? InstallerExitCode.REFUSED : InstallerExitCode.FAILED
}

/** The exit code for how a plan was carried out: what counts is whether somebody has to look after the node. */
export function exitOfResult({ ok, notUndone }: ApplyResult): ExitStatus {
  if (ok) return InstallerExitCode.OK
  return notUndone.length === 0 ? InstallerExitCode.FAILED : InstallerExitCode.CHANGED
}

/** The exit code for what was found: an error would be refused, a warning is a difference. */
export function exitOfFindings(findings: readonly InstallerFinding[]): ExitStatus {
  const has = (severity: string): boolean => findings.some((finding) => finding.severity === severity)
  if (has('error')) return InstallerExitCode.REFUSED
  return has('warning') ? InstallerExitCode.DIFFERS : InstallerExitCode.OK
}
