import { messageOf } from 'lvscare'
import { RefusedError } from '../errors.ts'
import { apply, refuse } from '../plan/apply.ts'
import type { ApplyEvent, ApplyResult } from '../plan/step.ts'
import { Failures, type FleetOptions, nodeSignal, type Outcome, onEach } from './fleet.ts'
import type { ClusterNode } from './inventory.ts'
import type { ClusterPlan, NodePlan } from './plan-cluster.ts'

/** How it went on one machine. `skipped`: it was never begun, because others failed or somebody stopped it. */
export interface NodeReport {
  readonly node: ClusterNode
  readonly state: 'done' | 'failed' | 'skipped'
  /** What was done and what was taken back; `undefined` where nothing was begun. */
  readonly result: ApplyResult | undefined
  /** With `failed`. */
  readonly error: unknown
}

/** How it went on all machines. */
export interface ClusterResult {
  /** Every machine is done. */
  readonly ok: boolean
  readonly nodes: readonly NodeReport[]
}

/** How a plan for a cluster is carried out. */
export interface ApplyClusterOptions extends FleetOptions {
  /** Nothing is changed. */
  readonly dryRun?: boolean
  /** Told of every step as it begins and ends. */
  readonly onEvent?: (event: ApplyEvent) => void
  /** Is called for a machine that is set up, before the next stage begins: here kubeadm may run. What it throws is a failure of that machine. */
  readonly onNode?: (plan: NodePlan) => Promise<void>
}

/**
 * Carries a plan out: stage by stage, control planes one at a time, of the workers the first one alone and then some at a time.
 *
 * Throws RefusedError, before anything is changed, when a machine could not be looked at or a finding is an error.
 * With more failures than `maxFailures` no further machine is begun; what is done on others stays.
 */
export async function applyCluster(
  plan: ClusterPlan,
  options: ApplyClusterOptions = {},
): Promise<ClusterResult> {
  refuseUnknown(plan)
  for (const { plan: one } of plan.stages.flat()) if (one !== undefined) refuse(one.host, one.findings)
  const failures = new Failures(options)
  const outcomes: Outcome<NodePlan, Applied>[] = []
  for (const stage of plan.stages) outcomes.push(...(await applyStage(stage, failures, options)))
  return resultOf(outcomes.map(flat))
}

/** What came of one machine: of the plan, and of what was to be done after it. */
interface Applied {
  readonly result: ApplyResult
  /** What {@link ApplyClusterOptions.onNode} has thrown. */
  readonly thrown?: { readonly error: unknown }
}

function flat(outcome: Outcome<NodePlan, Applied>): Outcome<ClusterNode, ApplyResult> {
  const { node } = outcome.node
  if (outcome.state === 'skipped') return { node, state: 'skipped' }
  if (outcome.state === 'done') return { node, state: 'done', result: outcome.result.result }
  const { error, result: applied } = outcome
  if (applied === undefined) return { node, state: 'failed', error }
  return {
    node,
    state: 'failed',
    error: applied.thrown ? applied.thrown.error : error,
    result: applied.result,
  }
}

/** What came of all machines. */
export function resultOf(outcomes: readonly Outcome<ClusterNode, ApplyResult>[]): ClusterResult {
  const nodes = outcomes.map((outcome) => ({
    node: outcome.node,
    state: outcome.state,
    result: outcome.state === 'skipped' ? undefined : outcome.result,
    error: outcome.state === 'failed' ? (outcome.result?.failed?.error ?? outcome.error) : undefined,
  }))
  return { ok: nodes.every(({ state }) => state === 'done'), nodes }
}

function refuseUnknown({ unknown }: ClusterPlan): void {
  if (unknown.length === 0) return
  const names = unknown.map(({ node, error }) => `${node.host.name} (${messageOf(error)})`)
  throw new RefusedError(`nothing was changed, for some nodes cannot be looked at: ${names.join(', ')}`)
}

async function applyStage(
  stage: readonly NodePlan[],
  failures: Failures,
  options: ApplyClusterOptions,
): Promise<Outcome<NodePlan, Applied>[]> {
  const work = async (one: NodePlan): Promise<Applied> => await applyNode(one, options)
  const failed = ({ result, thrown }: Applied): boolean => !result.ok || thrown !== undefined
  const isWorkers = stage.every(({ node }) => node.role === 'worker')
  const most = isWorkers ? options.parallel : 1
  const some = { failures, failed, ...(most && { parallel: most }) }
  const first = await onEach(stage.slice(0, 1), work, some)
  return [...first, ...(await onEach(stage.slice(1), work, some))]
}

async function applyNode(one: NodePlan, options: ApplyClusterOptions): Promise<Applied> {
  const { dryRun = false, signal, onEvent, onNode } = options
  // Refused above when it is missing.
  if (one.plan === undefined) throw one.error
  const result = await apply(one.plan, { dryRun, signal: nodeSignal(signal), ...(onEvent && { onEvent }) })
  if (!result.ok || dryRun) return { result }
  try {
    await onNode?.(one)
    return { result }
  } catch (error) {
    // What was set up stays, and who cleans up has to know of it.
    return { result, thrown: { error } }
  }
}
