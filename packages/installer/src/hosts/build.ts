import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { ConfigError } from '../errors.ts'
import type { HostsLine } from './block.ts'

/** Before or after kubeadm has run. */
export type HostsPhase = 'before' | 'after'

/**
 * What the node's /etc/hosts must say about the name of the control plane.
 *
 * A worker: the virtual IP. The first control plane: itself. Another one: the first before it joins, because that alone
 * answers then, and itself afterwards. A control plane that is guarded too: the virtual IP afterwards. Without a list
 * of servers: itself. Throws {@link ConfigError} where that is the node's own address and nobody said it.
 */
export function buildHosts(config: InstallerConfig, phase: HostsPhase): readonly HostsLine[] {
  return [{ address: addressOf(config, phase), name: config.endpointName }]
}

function addressOf(config: InstallerConfig, phase: HostsPhase): string {
  const { role, servers, virtual } = config
  const [first] = servers
  if (first === undefined) return ownAddress(config)
  // A control plane is not in its own rule before it runs: the virtual IP would lead to it all the same.
  if (isGuarded(config) && (role === 'worker' || phase === 'after')) return virtual.address
  if (role === 'first-control-plane') return config.nodeAddress ?? first.address
  return phase === 'before' ? first.address : ownAddress(config)
}

function ownAddress({ nodeAddress, role, endpointName, servers }: InstallerConfig): string {
  if (nodeAddress !== undefined) return nodeAddress
  // Whoever forgot them does not think of the address.
  const forgotten = servers.length === 0 ? ', as long as no apiservers are given (servers, --master)' : ''
  const rule = `is needed: on this node (${role}) ${endpointName} is its own address${forgotten}`
  throw new ConfigError([{ path: 'nodeAddress', value: undefined, rule }])
}
