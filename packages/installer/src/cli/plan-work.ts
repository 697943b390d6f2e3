import { nodeSignal } from '../cluster/fleet.ts'
import { apply } from '../plan/apply.ts'
import { infoOf } from '../plan/make-plan.ts'
import type { ApplyResult, Plan } from '../plan/step.ts'
import { findingsText, type NodeAnswer, resultJson } from './answer.ts'
import { exitOfFindings, exitOfResult } from './exit.ts'
import { InstallerExitCode } from './host.ts'
import type { NodeWork } from './nodes.ts'
import { isOn, type Session } from './session.ts'

/** Work that first makes a plan for every node, and then carries the plans out, or with `--dry-run` shows them. */
export function carriedOut(
  session: Session,
  check: NodeWork<Plan>['check'],
): Pick<NodeWork<Plan>, 'check' | 'run'> {
  const run: NodeWork<Plan>['run'] = async (_node, made, progress): Promise<NodeAnswer> => {
    if (isOn(session, 'dry-run')) return planAnswer(made, false)
    return resultAnswer(
      await apply(made, {
        signal: nodeSignal(session.host.signal),
        onEvent: (event) => progress.event(event),
      }),
      made,
    )
  }
  return { check, run }
}

/** What became of a plan. */
export function resultAnswer(result: ApplyResult, { findings, steps }: Plan): NodeAnswer {
  const changed = result.done.filter(({ kind }) => kind !== 'check').length
  const told = changed === 0 ? 'nothing was to be changed\n' : `done: ${changed} of ${steps.length} steps\n`
  return {
    code: exitOfResult(result),
    text: `${findingsText(findings)}${result.ok ? told : failureText(result)}`,
    facts: { findings, result: resultJson(result) },
    ...(result.failed === undefined ? {} : { error: result.failed.error }),
  }
}

/** What was taken back, and what was not. */
function failureText({ failed, undone, notUndone }: ApplyResult): string {
  const left = notUndone.map(({ step }) => `NOT TAKEN BACK: ${step.title}\n`).join('')
  return `failed: ${failed?.step.title ?? ''}\ntaken back: ${undone.length} ${undone.length === 1 ? 'step' : 'steps'}\n${left}`
}

/** What a plan would change. */
export function planAnswer(made: Plan, exitCode: boolean): NodeAnswer {
  const { findings, empty, steps } = made
  const found = exitOfFindings(findings)
  const differs = exitCode && !empty ? InstallerExitCode.DIFFERS : InstallerExitCode.OK
  return {
    code: found === InstallerExitCode.REFUSED ? found : differs,
    text: `${findingsText(findings)}${empty ? 'nothing is to be changed\n' : made.diff()}`,
    facts: { findings, empty, steps: steps.map(infoOf) },
  }
}
