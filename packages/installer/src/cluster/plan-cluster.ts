import type { InstallerConfig } from '../config/config.ts'
import { plan } from '../plan/plan.ts'
import type { Phase } from '../plan/record.ts'
import type { Plan } from '../plan/step.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { Failures, type FleetOptions, onEach } from './fleet.ts'
import { type ClusterNode, type Inventory, nodeConfigs, stagesOf } from './inventory.ts'

/** What is to be done on one machine, or why that is not known. */
export interface NodePlan {
  readonly node: ClusterNode
  readonly config: InstallerConfig
  /** `undefined`: it could not be made, and {@link NodePlan.error} says why. */
  readonly plan: Plan | undefined
  readonly error: unknown
}

/** What is to be done on every machine of a cluster. */
export interface ClusterPlan {
  /** One after the other: the first control plane, the other ones, the workers. */
  readonly stages: readonly (readonly NodePlan[])[]
  /** Of every machine, with its name. */
  readonly findings: readonly (InstallerFinding & { readonly host: string })[]
  /** Machines whose plan could not be made: as long as there is one, nothing is done anywhere. */
  readonly unknown: readonly NodePlan[]
  /** Nothing is to be changed on any machine. */
  readonly empty: boolean
  /** What will change, for people, under the name of each machine. */
  diff(): string
}

/** How a plan for a cluster is made. */
export interface PlanClusterOptions extends Pick<FleetOptions, 'parallel' | 'signal'> {
  readonly force?: boolean
  readonly phase?: Phase
}

/**
 * Looks at every machine, some at a time, and says what is to be done; changes nothing.
 *
 * Throws ConfigError for an inventory that cannot be. A machine that cannot be looked at is in the plan.
 */
export async function planCluster(
  inventory: Inventory,
  options: PlanClusterOptions = {},
): Promise<ClusterPlan> {
  const { parallel, signal, ...how } = options
  const configs = nodeConfigs(inventory)
  const configOf = new Map(inventory.nodes.map((node, index) => [node, configs[index]]))
  const stages: NodePlan[][] = []
  for (const stage of stagesOf(inventory)) {
    stages.push(
      await planStage(stage, configOf, how, { ...(parallel && { parallel }), ...(signal && { signal }) }),
    )
  }
  return clusterPlan(stages)
}

async function planStage(
  stage: readonly ClusterNode[],
  configOf: ReadonlyMap<ClusterNode, InstallerConfig | undefined>,
  how: Pick<PlanClusterOptions, 'force' | 'phase'>,
  { parallel, signal }: FleetOptions,
): Promise<NodePlan[]> {
  const known = stage.flatMap((node) => {
    const config = configOf.get(node)
    return config === undefined ? [] : [{ node, config }]
  })
  const failures = new Failures({ maxFailures: Number.POSITIVE_INFINITY, ...(signal && { signal }) })
  const outcomes = await onEach(known, ({ node, config }) => plan(config, node.host, how), {
    failures,
    ...(parallel && { parallel }),
  })
  return outcomes.map((outcome) => ({
    ...outcome.node,
    plan: outcome.state === 'done' ? outcome.result : undefined,
    error: outcome.state === 'failed' ? outcome.error : signal?.reason,
  }))
}

function clusterPlan(stages: readonly (readonly NodePlan[])[]): ClusterPlan {
  const all = stages.flat()
  const plans = all.flatMap((one) => (one.plan === undefined ? [] : [one.plan]))
  return {
    stages,
    findings: plans.flatMap(({ host, findings }) => findings.map((finding) => ({ ...finding, host }))),
    unknown: all.filter((one) => one.plan === undefined),
    empty: all.every((one) => one.plan?.empty === true),
    diff: () =>
      plans
        .filter(({ empty }) => !empty)
        .map((one) => `# ${one.host}\n${one.diff()}`)
        .join(''),
  }
}
