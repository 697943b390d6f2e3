import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { rawConfig } from '../config/parse.ts'
import type { NodeHost } from '../host/host.ts'
import { hostsOf } from '../hosts/block.ts'
import { hostsFindings } from '../hosts/findings.ts'
import { HOSTS_FILE } from '../node/paths.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { validate } from '../validate/validate.ts'
import { type PlanContext, staleFiles } from './context.ts'
import { fileFindings, forced, stateFindings } from './findings.ts'
import { guardedSteps, unguardedSteps } from './guarded-steps.ts'
import { makePlan } from './make-plan.ts'
import { type NodeState, observe, recordedConfigs } from './observe/observe.ts'
import { type PlanOptions, timingOf } from './options.ts'
import { type Phase, type RecordReading, sameConfig } from './record.ts'
import { recordSteps } from './record-steps.ts'
import type { Plan } from './step.ts'
import { wantedNode } from './wanted.ts'

/**
 * What is to be done for a node to be as its configuration says: looks at the node, and changes nothing.
 *
 * A step exists only where something is not as it must be, so what was done before, by whomever, is not done again. Throws
 * ConfigError where the configuration does not say enough for this node, and HostError when it cannot be looked at.
 */
export async function plan(
  config: InstallerConfig,
  host: NodeHost,
  options: PlanOptions = {},
): Promise<Plan> {
  return planOf(await contextOf(config, host, options))
}

/** The plan that follows from what was found. */
export function planOf(context: PlanContext): Plan {
  const { host, config } = context
  const { first, last } = recordSteps(context)
  const steps = isGuarded(config) ? guardedSteps(context) : unguardedSteps(context)
  return makePlan(host.name, [...first, ...steps, ...last], findingsOf(context))
}

/** Looks at the node, and at what it was set up with before. */
export async function contextOf(
  config: InstallerConfig,
  host: NodeHost,
  options: PlanOptions,
): Promise<PlanContext> {
  const state = await observe(host, config, options)
  const phase = phaseOf(state.record, options)
  const wanted = wantedNode(config, phase)
  const raw = rawConfig(config)
  const former = recordedConfigs(state.record).filter((one) => !sameConfig(rawConfig(one), raw))
  return { host, config, wanted, state, former, phase, options, timing: timingOf(options) }
}

/** A node that has joined stays so: a later plan must not send its name back to the first control plane. */
function phaseOf(record: RecordReading, { phase }: PlanOptions): Phase {
  return phase ?? (record.kind === 'record' ? record.record.phase : 'before')
}

function findingsOf(context: PlanContext): readonly InstallerFinding[] {
  const { config, state, wanted, options } = context
  const hosts = state.files.get(HOSTS_FILE)
  const findings = [
    ...validate(config, factsOf(context)),
    ...fileFindings(
      wanted.files.map(({ path }) => path),
      state.files,
    ),
    ...stateFindings(state, config),
    ...hostsFindings(hostsOf(hosts?.content ?? Buffer.alloc(0)), wanted.hosts),
  ]
  return forced(findings, options.force === true)
}

/** A manifest that is about to be removed is no second guard. */
function factsOf(context: PlanContext): NodeState['facts'] {
  const { facts } = context.state
  const stale = new Set(staleFiles(context).map(([path]) => path))
  const { otherManifests } = facts
  if (otherManifests === undefined) return facts
  return { ...facts, otherManifests: otherManifests.filter(({ path }) => !stale.has(path)) }
}
