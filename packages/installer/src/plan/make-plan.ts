import type { InstallerFinding } from '../validate/finding.ts'
import { stepsDiff } from './diff.ts'
import type { Plan, PlanStep, StepInfo } from './step.ts'

/** A plan of steps in their order. */
export function makePlan(
  host: string,
  steps: readonly PlanStep[],
  findings: readonly InstallerFinding[],
): Plan {
  return {
    host,
    steps,
    findings,
    empty: steps.every(({ kind }) => kind === 'check'),
    diff: () => stepsDiff(steps),
  }
}

/** What may be told of a step, without what does it. */
export function infoOf({ id, kind, title, before, after, reversible }: PlanStep): StepInfo {
  return { id, kind, title, before, after, reversible }
}
