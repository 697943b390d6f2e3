import type { StatusReport } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import type { NodeHost } from '../host/host.ts'
import { HOSTS_FILE, RECORD_FILE } from '../node/paths.ts'
import { isOurs } from './findings.ts'
import type { ObservedFile } from './observe/file.ts'
import type { NodeState } from './observe/observe.ts'
import type { PlanOptions, Timing } from './options.ts'
import type { Phase } from './record.ts'
import type { PlanStep } from './step.ts'
import type { Patience } from './steps/guard.ts'
import { ownPaths, type WantedNode } from './wanted.ts'

/** Everything that decides about the steps of a plan. */
export interface PlanContext {
  readonly host: NodeHost
  readonly config: InstallerConfig
  readonly wanted: WantedNode
  readonly state: NodeState
  /** What the node was set up with before, unless it is the same. */
  readonly former: readonly InstallerConfig[]
  readonly phase: Phase
  readonly options: PlanOptions
  readonly timing: Timing
}

/** The report of a virtual server that is or was ours. */
export function reportOf({ state }: Pick<PlanContext, 'state'>, text: string): StatusReport | undefined {
  return state.rules.get(text)
}

/** Files of ours that a configuration does not want any more. */
export function staleFiles({
  wanted,
  former,
  config,
  state,
}: Pick<PlanContext, 'wanted' | 'former' | 'config' | 'state'>): readonly (readonly [
  string,
  ObservedFile,
])[] {
  const kept = new Set([...wanted.files.map(({ path }) => path), HOSTS_FILE, RECORD_FILE])
  return ownPaths([config, ...former])
    .filter((path) => !kept.has(path))
    .flatMap((path) => {
      const file = state.files.get(path)
      return file !== undefined && isOurs(path, file) ? [[path, file] as const] : []
    })
}

/** Former configurations with a rule for another virtual server than the one there is to be, one of each. */
export function staleRules({
  config,
  former,
}: Pick<PlanContext, 'config' | 'former'>): readonly InstallerConfig[] {
  const kept = isGuarded(config) ? config.virtual.text : undefined
  const stale = former.filter((one) => isGuarded(one) && one.virtual.text !== kept)
  return [...new Map(stale.toReversed().map((one) => [one.virtual.text, one])).values()]
}

/** Before `kubeadm init` there is no server that could answer; the name is the node's own address, so nobody needs the rule yet. */
export function hasCluster({ config, phase }: Pick<PlanContext, 'config' | 'phase'>): boolean {
  return config.role !== 'first-control-plane' || phase === 'after'
}

/** How long a guard is waited for. */
export function guardPatience({ timing }: Pick<PlanContext, 'timing'>): Patience {
  return { limitMs: timing.guardTimeoutMs, pollMs: timing.pollMs }
}

/** How long an answer is waited for. */
export function checkPatience({ timing }: Pick<PlanContext, 'timing'>): Patience {
  return { limitMs: timing.checkTimeoutMs, pollMs: timing.pollMs }
}

/** Steps one after the other. */
export type Steps = readonly PlanStep[]
