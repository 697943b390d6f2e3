import type { InstallerConfig } from '../config/config.ts'
import type { NodeFacts } from './facts.ts'
import { FINDING_SEVERITIES, type InstallerFinding } from './finding.ts'
import { KUBE_PROXY_KINDS, kubeProxyFindings } from './kube-proxy.ts'
import { LINK_KINDS, linkFindings } from './links.ts'
import { MANIFEST_KINDS, manifestFindings } from './manifests.ts'
import { PROFILE_KINDS, profileFindings } from './profile.ts'
import { PROXY_KINDS, proxyFindings } from './proxy.ts'
import { RANGE_KINDS, rangeFindings } from './ranges.ts'
import { RELEASE_KINDS, releaseFindings } from './release.ts'
import type { FindingKinds } from './report.ts'
import { SERVER_KINDS, serverFindings } from './servers.ts'

export type { LinkFacts, ManifestFacts, NodeFacts } from './facts.ts'
export { apiReferences } from './references.ts'
export type { FindingKind, FindingKinds } from './report.ts'

/** Every finding that {@link validate} may make, by its code. */
export const VALIDATION_KINDS: FindingKinds = {
  ...RANGE_KINDS,
  ...LINK_KINDS,
  ...SERVER_KINDS,
  ...RELEASE_KINDS,
  ...KUBE_PROXY_KINDS,
  ...MANIFEST_KINDS,
  ...PROFILE_KINDS,
  ...PROXY_KINDS,
}

/** Every check; the order is that of the findings of one severity. */
const CHECKS: readonly ((config: InstallerConfig, facts: NodeFacts) => InstallerFinding[])[] = [
  rangeFindings,
  linkFindings,
  serverFindings,
  releaseFindings,
  kubeProxyFindings,
  manifestFindings,
  profileFindings,
  proxyFindings,
]

/** What an operator must know about a configuration on a node of which this is known; the worst first. No I/O. */
export function validate(config: InstallerConfig, facts: NodeFacts = {}): InstallerFinding[] {
  const rank = ({ severity }: InstallerFinding): number => FINDING_SEVERITIES.indexOf(severity)
  return CHECKS.flatMap((check) => check(config, facts)).toSorted((a, b) => rank(b) - rank(a))
}
