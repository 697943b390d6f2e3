import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { atLeast } from '../config/version.ts'
import { type ManifestFacts, type NodeFacts, versionOf } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'second-guard': {
    severity: 'error',
    why: 'two guards of one virtual server undo what the other does',
    fix: 'Take {path} out of the folder, or move its servers to this configuration.',
  },
  'pod-name-taken': {
    severity: 'error',
    why: 'kubelet runs one static pod of a name only',
    fix: 'Choose another podName, or take {path} out of the folder.',
  },
  'static-pod-references': {
    severity: 'warning',
    why: 'from v1.34 on kubelet does not run a static pod that refers to objects of the API',
    fix: 'Give it what it needs by arguments, variables of the environment or files of the node.',
  },
  'worker-has-control-plane': {
    severity: 'warning',
    why: 'a node with a control plane is no worker',
    fix: 'Set role to first-control-plane or control-plane, or clean up what is left of a control plane (`kubeadm reset`).',
  },
} as const

/** Findings about static pods. */
export const MANIFEST_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** Can the static pod run beside the others, and they beside it? */
export function manifestFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const others = facts.otherManifests ?? []
  return [
    ...others.flatMap((other) => ofOther(config, other)),
    ...references(config, facts, others),
    ...controlPlane(config, facts.controlPlaneFiles ?? []),
  ]
}

function ofOther(config: InstallerConfig, { path, virtual, podName }: ManifestFacts): InstallerFinding[] {
  if (!isGuarded(config)) return []
  const second =
    virtual === config.virtual.text
      ? [report('second-guard', path, `it guards ${virtual} too`, { path })]
      : []
  const taken =
    podName === config.podName
      ? [report('pod-name-taken', path, `it is the pod ${podName} too`, { path })]
      : []
  return [...second, ...taken]
}

function references(
  config: InstallerConfig,
  facts: NodeFacts,
  others: readonly ManifestFacts[],
): InstallerFinding[] {
  const version = versionOf(config, facts)
  if (version === undefined || !atLeast(version, 34)) return []
  return others.flatMap(({ path, references: list = [] }) =>
    list.length === 0 ? [] : [report('static-pod-references', path, `it refers to ${list.join(', ')}`)],
  )
}

function controlPlane({ role }: InstallerConfig, files: readonly string[]): InstallerFinding[] {
  if (role !== 'worker' || files.length === 0) return []
  return [report('worker-has-control-plane', 'role', `this worker has ${files.join(', ')}`)]
}
