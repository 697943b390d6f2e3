import type { InstallerConfig } from '../config/config.ts'
import { refuse } from '../plan/apply.ts'
import { plan } from '../plan/plan.ts'
import { PHASES } from '../plan/record.ts'
import type { Plan } from '../plan/step.ts'
import { validate } from '../validate/validate.ts'
import { findingsText, type NodeAnswer } from './answer.ts'
import { configOf } from './config-input.ts'
import { exitOfFindings } from './exit.ts'
import type { ExitStatus, HostTarget } from './host.ts'
import { look, onNodes } from './nodes.ts'
import { carriedOut, planAnswer } from './plan-work.ts'
import { isOn, numberOf, type Session, wordOf } from './session.ts'
import { targetsOf } from './targets.ts'

/** `plan`: what apply would change. */
export async function runPlan(session: Session): Promise<ExitStatus> {
  const { config, targets } = await inputOf(session)
  const answer = async (...[node]: Parameters<Parameters<typeof look>[0]>): Promise<NodeAnswer> =>
    planAnswer(await plan(config, node, planOptions(session)), isOn(session, 'exit-code'))
  return await onNodes(session, targets, look(answer))
}

/** `apply`: sets the nodes up, all of them or none. */
export async function runApply(session: Session): Promise<ExitStatus> {
  const { config, targets } = await inputOf(session)
  return await onNodes(session, targets, {
    maxFailures: numberOf(session, 'max-failures', 0),
    ...carriedOut(session, async (node) => {
      const made = await plan(config, node, planOptions(session))
      refuse(made.host, made.findings)
      return made
    }),
  })
}

/** `validate`: what is wrong with the configuration, and with the nodes it is for. */
export async function runValidate(session: Session): Promise<ExitStatus> {
  const { config, targets } = await inputOf(session)
  if (isOn(session, 'offline')) {
    const findings = validate(config, {})
    const code = exitOfFindings(findings)
    const document = { command: 'validate', code, error: null, nodes: [], findings }
    session.host.stdout(isOn(session, 'json') ? `${JSON.stringify(document)}\n` : findingsOrNone(findings))
    return code
  }
  return await onNodes(
    session,
    targets,
    look(async (node) => {
      const { findings } = await plan(config, node, planOptions(session))
      return { code: exitOfFindings(findings), text: findingsOrNone(findings), facts: { findings } }
    }),
  )
}

/** The configuration and the nodes of a command that sets nodes up. */
export async function inputOf(
  session: Session,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly config: InstallerConfig; readonly targets: readonly HostTarget[] }> {
  const { flags, host } = session
  const config = await configOf(flags, host, more)
  const targets = await targetsOf(flags, host, config.command)
  severalWithAddress(session, targets, config)
  return { config, targets }
}

/** Throws UsageError for one address for several nodes. */
export function severalWithAddress(
  { flags }: Session,
  targets: readonly HostTarget[],
  config: InstallerConfig | undefined,
): void {
  if (targets.length > 1 && config?.nodeAddress !== undefined)
    throw flags.broken('node-ip', config.nodeAddress, 'is of one node, but --host names several')
}

function planOptions(session: Session): Parameters<typeof plan>[2] {
  return {
    force: isOn(session, 'force'),
    ...(session.flags.isGiven('phase') ? { phase: wordOf(session, 'phase', PHASES) } : {}),
  }
}

function findingsOrNone(findings: Plan['findings']): string {
  return findings.length === 0 ? 'nothing was found\n' : findingsText(findings)
}
