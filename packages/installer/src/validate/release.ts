import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { atLeast, type KubernetesVersion } from '../config/version.ts'
import { kubeadmApiVersion, NEWEST_RELEASE, OLDEST_RELEASE } from '../kubeadm/api-version.ts'
import { type NodeFacts, versionOf } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'kubeadm-api-unsupported': {
    severity: 'warning',
    why: 'what its kubeadm takes for a configuration is not known here',
    fix: `Use a release from v1.${OLDEST_RELEASE} to v1.${NEWEST_RELEASE}, or a newer release of this installer.`,
  },
  'manifest-before-join': {
    severity: 'warning',
    why: 'before v1.23 the preflight check of `kubeadm join` wants the folder of manifests to be empty, and the manifest of the guard is there already',
    fix: 'Run `kubeadm join` with --ignore-preflight-errors=DirAvailable--etc-kubernetes-manifests.',
  },
  'certificate-validity-unsupported': {
    severity: 'note',
    why: 'before v1.31 kubeadm knows no certificateValidityPeriod: what it makes ends after 10 years (CA) and 1 year',
    fix: 'Make the authorities before `kubeadm init` where they are to last longer, and renew the other certificates each year (`kubeadm certs renew all`).',
  },
  'control-plane-local-mode': {
    severity: 'note',
    why: 'from v1.33 on the kubelet of a control plane that joins talks to its own apiserver (feature gate ControlPlaneKubeletLocalMode of kubeadm, off in v1.31 and v1.32); the name of the control plane then serves kube-proxy and admin.conf only',
    fix: 'Nothing; from v1.36 on the gate does not exist, and kubeadm refuses a configuration that sets it.',
  },
} as const

/** Findings about the release of Kubernetes. */
export const RELEASE_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** What does this release of Kubernetes do differently? */
export function releaseFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const version = versionOf(config, facts)
  if (version === undefined) return []
  const about = (code: keyof typeof KINDS): InstallerFinding =>
    report(code, 'kubernetesVersion', `Kubernetes is ${version.text}`)
  return codesFor(config, version).map(about)
}

function codesFor(config: InstallerConfig, version: KubernetesVersion): (keyof typeof KINDS)[] {
  const { role } = config
  const hasLocalMode = role !== 'worker' && atLeast(version, 31) && !atLeast(version, 36)
  return [
    ...(kubeadmApiVersion(version) === undefined ? ['kubeadm-api-unsupported' as const] : []),
    ...(isGuarded(config) && !atLeast(version, 23) ? ['manifest-before-join' as const] : []),
    ...(role === 'first-control-plane' && !atLeast(version, 31)
      ? ['certificate-validity-unsupported' as const]
      : []),
    ...(hasLocalMode ? ['control-plane-local-mode' as const] : []),
  ]
}
