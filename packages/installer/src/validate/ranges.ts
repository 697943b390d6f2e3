import { holds } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import type { NodeFacts } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const CHOOSE =
  'Choose a virtual IP outside of the ranges of pods and services; in a new cluster a smaller serviceSubnet such as ' +
  '10.96.0.0/22 does as well.'

const KINDS = {
  'vip-in-service-subnet': {
    severity: 'error',
    why: 'the day a Service gets this very address, kube-proxy takes its connections',
    fix: CHOOSE,
  },
  'vip-in-pod-subnet': {
    severity: 'error',
    why: 'a pod may get this very address, and the network of pods claims the way to it',
    fix: CHOOSE,
  },
  'service-subnet-unknown': {
    severity: 'warning',
    why: 'a Service gets this very address one day, unless the cluster has another range',
    fix: 'Say serviceSubnet as the cluster has it: `grep service-cluster-ip-range /etc/kubernetes/manifests/kube-apiserver.yaml` on a control plane.',
  },
  'server-in-cluster-subnet': {
    severity: 'warning',
    why: 'a pod or a Service may get this very address',
    fix: 'Choose ranges of pods and services that do not overlap with the network of the nodes.',
  },
} as const

/** Findings about the ranges of pods and services. */
export const RANGE_KINDS: FindingKinds = KINDS

/** What kubeadm takes unless somebody says otherwise (constants.DefaultServicesSubnet of kubeadm). */
const KUBEADM_DEFAULT = '10.96.0.0/12'

const report = reporter(KINDS)

/** Is an address of ours one that the cluster may give to somebody else? On every node: workers elsewhere have the rule. */
export function rangeFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const services = rangesOf(config.serviceSubnets, facts.serviceSubnets)
  const pods = rangesOf(config.podSubnets, facts.podSubnets)
  const { address } = config.virtual
  const vip = (ranges: readonly string[]): string[] => ranges.filter((range) => holds(range, address))
  return [
    ...vip(services).map((range) =>
      report('vip-in-service-subnet', 'vip', `${address} is in ${range}, the range of services`),
    ),
    ...vip(pods).map((range) =>
      report('vip-in-pod-subnet', 'vip', `${address} is in ${range}, the range of pods`),
    ),
    ...unknownServices(config, services),
    ...serverFindings(config, [...services, ...pods]),
  ]
}

function unknownServices(config: InstallerConfig, services: readonly string[]): InstallerFinding[] {
  const { address } = config.virtual
  if (services.length > 0 || !isOfInterest(config) || !holds(KUBEADM_DEFAULT, address)) return []
  const found = `the range of services is not known, and ${address} is in kubeadm's default, ${KUBEADM_DEFAULT}`
  return [report('service-subnet-unknown', 'serviceSubnet', found)]
}

/** A node that is no control plane and gets no rule has nothing to do with the virtual IP. */
function isOfInterest(config: InstallerConfig): boolean {
  return isGuarded(config) || config.role !== 'worker'
}

function serverFindings({ servers }: InstallerConfig, ranges: readonly string[]): InstallerFinding[] {
  return servers.flatMap(({ address, text }, index) => {
    const range = ranges.find((one) => holds(one, address))
    return range === undefined
      ? []
      : [report('server-in-cluster-subnet', `servers[${index}]`, `${text} is in ${range}`)]
  })
}

/** Each range once, of the configuration and of the cluster. */
function rangesOf(wanted: readonly string[] = [], seen: readonly string[] = []): string[] {
  return [...new Set([...wanted, ...seen])]
}
