import { codeOf, messageOf, plain } from 'lvscare'
import { ConfigError, problemText } from '../errors.ts'
import type { ApplyResult, StepFailure } from '../plan/step.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { exitOfError } from './exit.ts'
import { type ExitStatus, InstallerExitCode } from './host.ts'

/** What came of one node. */
export interface NodeAnswer {
  readonly code: ExitStatus
  /** For people, on standard output: whole lines, or nothing. */
  readonly text: string
  /** For programs: what `--json` shows of the node. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Why it failed. */
  readonly error?: unknown
}

/** The answer for a node on which something was thrown. */
export function failedAnswer(error: unknown): NodeAnswer {
  return { code: exitOfError(error), text: '', facts: {}, error }
}

/** The answer for a node that was never begun, because of others. */
export function skippedAnswer(): NodeAnswer {
  return {
    code: InstallerExitCode.OK,
    text: 'nothing was done here: see the other nodes\n',
    facts: { skipped: true },
  }
}

/** An error for programs; `null` for none. */
export function errorJson(error: unknown): Readonly<Record<string, unknown>> | null {
  if (error === undefined) return null
  const problems = error instanceof ConfigError ? { problems: error.problems } : {}
  return { code: codeOf(error) ?? null, message: messageOf(error), ...problems }
}

/** The lines for an error: of a configuration one for each problem, else one; the names in a file may be anything. */
export function errorLines(error: unknown): readonly string[] {
  return (error instanceof ConfigError ? error.problems.map(problemText) : [messageOf(error)]).map(plain)
}

/** Findings for people, one after the other. */
export function findingsText(findings: readonly InstallerFinding[]): string {
  return findings
    .map(
      ({ severity, code, path, message, fix }) =>
        `${severity} ${code} (${plain(path)}): ${plain(message)}\n    ${plain(fix)}\n`,
    )
    .join('')
}

/** How a plan was carried out, for programs. */
export function resultJson({
  ok,
  done,
  failed,
  undone,
  notUndone,
}: ApplyResult): Readonly<Record<string, unknown>> {
  return {
    ok,
    done,
    failed: failed === undefined ? null : failureJson(failed),
    undone,
    notUndone: notUndone.map(failureJson),
  }
}

function failureJson({ step, error }: StepFailure): Readonly<Record<string, unknown>> {
  return { step, error: errorJson(error) }
}
