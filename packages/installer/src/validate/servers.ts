import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { isSameAddress } from './addresses.ts'
import type { NodeFacts } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'no-servers': {
    severity: 'note',
    why: 'this worker gets no rule and no guard, only a line in /etc/hosts',
    fix: 'Give the apiservers as servers, unless that is what is wanted.',
  },
  'single-server': {
    severity: 'note',
    why: 'when it is down, there is none that could take over',
    fix: 'Nothing, in a cluster with one control plane.',
  },
  'control-plane-port': {
    severity: 'warning',
    why: 'on a control plane the name stands for an apiserver itself, and nobody listens there on the port of the virtual IP, which the kubeconfigs of the cluster have',
    fix: 'Let every apiserver listen on port {port}, or choose the port of the apiservers for the virtual IP.',
  },
  'vip-not-in-sans': {
    severity: 'error',
    why: '`kubeadm join`, kubelet and every other client of the virtual IP refuse it',
    fix: 'Add {vip} to apiServer.certSANs in the configuration of kubeadm; on every control plane move apiserver.crt and apiserver.key out of /etc/kubernetes/pki, run `kubeadm init phase certs apiserver --config FILE`, and restart kube-apiserver.',
  },
  'name-not-in-sans': {
    severity: 'error',
    why: 'kubelet and every other client that uses the name refuse it',
    fix: 'Add {name} to apiServer.certSANs in the configuration of kubeadm; on every control plane move apiserver.crt and apiserver.key out of /etc/kubernetes/pki, run `kubeadm init phase certs apiserver --config FILE`, and restart kube-apiserver.',
  },
  'anonymous-health': {
    severity: 'warning',
    why: 'the guard of this project takes it for healthy and cannot see more, and `kubeadm join` with a token needs anonymous access too',
    fix: "Let anonymous requests read /livez, /readyz and /healthz, and for `kubeadm join` the ConfigMap cluster-info of kube-public (AuthenticationConfiguration, anonymous.conditions, from v1.32 on), or join with a discovery file. Where that cannot be, set the guard's flag health-status to {status}.",
  },
} as const

/** Findings about the apiservers and their certificate. */
export const SERVER_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** Are there enough apiservers, and do they answer as they must? */
export function serverFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  return [
    ...countFindings(config),
    ...portFindings(config),
    ...nameFindings(config, facts),
    ...statusFindings(config, facts),
  ]
}

function countFindings(config: InstallerConfig): InstallerFinding[] {
  const { servers, role } = config
  const [only, another] = servers
  if (only === undefined)
    return role === 'worker' ? [report('no-servers', 'servers', 'there are no servers')] : []
  if (another !== undefined || !isGuarded(config)) return []
  return [report('single-server', 'servers', `${only.text} is the only server`)]
}

/** On a worker the rule leads from one port to the other. */
function portFindings({ role, servers, virtual, endpointName }: InstallerConfig): InstallerFinding[] {
  if (role === 'worker') return []
  const others = servers.filter(({ port }) => port !== virtual.port).map(({ text }) => text)
  if (others.length === 0) return []
  const found = `${endpointName}:${virtual.port} is the endpoint of the cluster, and ${others.join(', ')} is an apiserver`
  return [report('control-plane-port', 'port', found, { port: String(virtual.port) })]
}

function nameFindings({ virtual, endpointName }: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const names = facts.certificateNames
  if (names === undefined) return []
  const found = `the certificate of the apiserver is made out for ${names.join(', ') || 'nobody'}`
  const hasAddress = names.some((name) => isSameAddress(name, virtual.address))
  const hasName = names.some((name) => covers(name, endpointName))
  return [
    ...(hasAddress ? [] : [report('vip-not-in-sans', 'vip', found, { vip: virtual.address })]),
    ...(hasName ? [] : [report('name-not-in-sans', 'endpointName', found, { name: endpointName })]),
  ]
}

/** A star stands for one label (RFC 6125). */
function covers(pattern: string, name: string): boolean {
  const lower = pattern.toLowerCase()
  return lower === name || (lower.startsWith('*.') && name.replace(/^[^.]+/, '*') === lower)
}

function statusFindings(config: InstallerConfig, { healthStatus }: NodeFacts): InstallerFinding[] {
  const { care } = config.guard
  if (healthStatus !== 401 && healthStatus !== 403) return []
  if (care === undefined || care.health.statuses.has(healthStatus)) return []
  const status = String(healthStatus)
  return [
    report('anonymous-health', 'guard.health-path', `${care.health.path} answers ${status}`, { status }),
  ]
}
