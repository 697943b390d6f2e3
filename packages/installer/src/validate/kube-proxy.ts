import { holds } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { atLeast } from '../config/version.ts'
import { type NodeFacts, versionOf } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'kube-proxy-no-exclude': {
    severity: 'error',
    why: 'in mode ipvs kube-proxy deletes every virtual service that it does not know, again and again',
    fix: 'Add {cidr} to ipvs.excludeCIDRs in the ConfigMap kube-proxy of kube-system, then `kubectl -n kube-system rollout restart daemonset kube-proxy`.',
  },
  'kube-proxy-exclude-unknown': {
    severity: 'note',
    why: 'it deletes every virtual service whose address ipvs.excludeCIDRs does not hold, and what that holds is not known here',
    fix: 'See whether {cidr} is among them: `kubectl -n kube-system get configmap kube-proxy -o yaml`.',
  },
  'kube-proxy-nftables-flush': {
    severity: 'warning',
    why: 'whenever it starts it empties the whole IPVS table, and excludeCIDRs does not help; a running guard has the rule back within a second',
    fix: 'Keep the guard running. Nothing else is to be done.',
  },
  'kube-proxy-ipvs-deprecated': {
    severity: 'note',
    why: 'the mode ipvs of kube-proxy is deprecated from v1.35 on, and goes in later releases; IPVS in the kernel, and so the guard, stay',
    fix: 'Plan to move kube-proxy to nftables.',
  },
} as const

/** Findings about kube-proxy, which may change the IPVS table. */
export const KUBE_PROXY_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** Does kube-proxy leave the rule alone? */
export function kubeProxyFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  if (!isGuarded(config)) return []
  if (facts.kubeProxyMode === 'nftables')
    return [report('kube-proxy-nftables-flush', 'kube-proxy', 'kube-proxy is in mode nftables')]
  return facts.kubeProxyMode === 'ipvs' ? [...ofExclusion(config, facts), ...ofRelease(config, facts)] : []
}

function ofExclusion({ virtual }: InstallerConfig, { excludeCidrs }: NodeFacts): InstallerFinding[] {
  const cidr = `${virtual.address}/${virtual.family === 'inet' ? 32 : 128}`
  if (excludeCidrs === undefined)
    return [report('kube-proxy-exclude-unknown', 'kube-proxy', 'kube-proxy is in mode ipvs', { cidr })]
  if (excludeCidrs.some((range) => holds(range, virtual.address))) return []
  const found = `kube-proxy is in mode ipvs, and excludeCIDRs is ${excludeCidrs.join(', ') || 'empty'}`
  return [report('kube-proxy-no-exclude', 'kube-proxy', found, { cidr })]
}

function ofRelease(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const version = versionOf(config, facts)
  if (version === undefined || !atLeast(version, 35)) return []
  return [report('kube-proxy-ipvs-deprecated', 'kube-proxy', `Kubernetes is ${version.text}`)]
}
