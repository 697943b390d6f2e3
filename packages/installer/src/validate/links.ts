import { addressesOf, NODE_NAME } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { isGlobal, isIpv6, isSameAddress } from './addresses.ts'
import type { LinkFacts, NodeFacts } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'vip-on-interface': {
    severity: 'error',
    why: "the node's own connections then come from the virtual IP, and servers on other hosts cannot answer them",
    fix: 'Take it off that link (`ip address del {cidr} dev {link}`), or choose another virtual IP. It may be left from keepalived, kube-vip or another guard.',
  },
  'vip-is-a-service': {
    severity: 'error',
    why: 'kube-proxy gives the addresses of Services to its link kube-ipvs0, so a Service has this very address',
    fix: 'Choose another virtual IP, or delete that Service: `kubectl get services -A | grep {address}`.',
  },
  'server-is-this-node': {
    severity: 'warning',
    why: 'a node with an apiserver is a control plane, whose name for it is its own address',
    fix: 'Set role to first-control-plane or control-plane, or correct servers.',
  },
  'node-address-missing': {
    severity: 'error',
    why: 'on this node the name of the control plane stands for its own address, and nobody says which that is',
    fix: 'Set nodeAddress.',
  },
  'node-address-foreign': {
    severity: 'error',
    why: 'the kernel refuses a route that begins at an address which the node does not have',
    fix: 'Correct nodeAddress.',
  },
  'node-address-guessed': {
    severity: 'note',
    why: 'the guard takes the one from which the kernel reaches the servers, which may be of the wrong network',
    fix: 'Set nodeAddress where that matters, such as on a node with a network for storage.',
  },
} as const

/** Findings about the addresses of the node. */
export const LINK_KINDS: FindingKinds = KINDS

/** Where kube-proxy in mode ipvs puts the addresses of Services. */
const KUBE_IPVS = 'kube-ipvs0'

/** Links for pods and containers: nobody reaches the node by their addresses. */
const INTERNAL = /^(docker|br-|cni|cali|cilium|flannel|kube-|lxc|nodelocaldns|tunl|veth|virbr|vxlan|weave)/

const report = reporter(KINDS)

/** Whose are the virtual IP, the servers' addresses and the node's own? */
export function linkFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const links = facts.interfaces
  return [
    ...missingAddress(config),
    ...(links === undefined ? [] : foreignAddress(config, links)),
    ...(links === undefined ? [] : guessedAddress(config, links, facts.hosts ?? '')),
    ...(isGuarded(config) && links !== undefined ? virtualOnLink(config, links) : []),
    ...(config.role === 'worker' ? serverHere(config, links ?? []) : []),
  ]
}

function missingAddress(config: InstallerConfig): InstallerFinding[] {
  const { role, servers, nodeAddress, endpointName } = config
  const isItself = servers.length === 0 || (role === 'control-plane' && !isGuarded(config))
  if (!isItself || nodeAddress !== undefined) return []
  return [report('node-address-missing', 'nodeAddress', `${endpointName} is to be this node (${role})`)]
}

function foreignAddress({ nodeAddress }: InstallerConfig, links: readonly LinkFacts[]): InstallerFinding[] {
  const all = links.flatMap(({ addresses }) => addresses)
  if (nodeAddress === undefined || all.some((one) => isSameAddress(one, nodeAddress))) return []
  const known = all.filter(isGlobal).join(', ') || 'none'
  return [
    report('node-address-foreign', 'nodeAddress', `${nodeAddress} is on no link of this node (${known})`),
  ]
}

function guessedAddress(
  config: InstallerConfig,
  links: readonly LinkFacts[],
  hosts: string,
): InstallerFinding[] {
  if (config.nodeAddress !== undefined || !isGuarded(config)) return []
  const isUsable = (one: string): boolean =>
    isIpv6(one) === (config.virtual.family === 'inet6') && isGlobal(one)
  const said = addressesOf(NODE_NAME, hosts).some(isUsable)
  const own = links.filter(({ name }) => !INTERNAL.test(name) && name !== config.guard.care?.iface)
  const candidates = own.flatMap(({ addresses }) => addresses.filter(isUsable))
  if (said || candidates.length < 2) return []
  return [report('node-address-guessed', 'nodeAddress', `this node has ${candidates.join(', ')}`)]
}

/** With `none` the way to it is the operator's; in mode `link` the guard's own device has it. */
function virtualOnLink({ virtual, guard }: InstallerConfig, links: readonly LinkFacts[]): InstallerFinding[] {
  const { address } = virtual
  if (guard.care?.mode === 'none') return []
  const cidr = `${address}/${virtual.family === 'inet' ? 32 : 128}`
  const holders = links.filter(({ addresses }) => addresses.some((one) => isSameAddress(one, address)))
  return holders
    .filter(({ name }) => name !== guard.care?.iface)
    .map(({ name }) => {
      const found = `${address} is an address of the link ${name}`
      return name === KUBE_IPVS
        ? report('vip-is-a-service', 'vip', found, { address })
        : report('vip-on-interface', 'vip', found, { cidr, link: name })
    })
}

function serverHere(
  { servers, nodeAddress }: InstallerConfig,
  links: readonly LinkFacts[],
): InstallerFinding[] {
  const own = [
    ...links.flatMap(({ addresses }) => addresses),
    ...(nodeAddress === undefined ? [] : [nodeAddress]),
  ]
  return servers.flatMap(({ address, text }, index) =>
    own.some((one) => isSameAddress(one, address))
      ? [report('server-is-this-node', `servers[${index}]`, `${text} is this node, which is a worker`)]
      : [],
  )
}
