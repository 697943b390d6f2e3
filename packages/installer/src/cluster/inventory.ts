import { endpointText, parseEndpoint } from 'lvscare'
import type { InstallerConfig, Role } from '../config/config.ts'
import { DEFAULTS, parseConfig, type RawConfig } from '../config/parse.ts'
import { serverText } from '../config/rules.ts'
import { ConfigError, type Problem } from '../errors.ts'
import type { NodeHost } from '../host/host.ts'

/** A machine of a cluster, and the way to it. */
export interface ClusterNode {
  /** The address at which the other machines reach it. */
  readonly address: string
  readonly role: Role
  readonly host: NodeHost
}

/** A cluster: its machines, and what holds for all of them. */
export interface Inventory {
  readonly nodes: readonly ClusterNode[]
  /** Without `servers` the control planes of the inventory are the apiservers, the first one first. */
  readonly config: Omit<RawConfig, 'role' | 'nodeAddress'>
}

/** The apiservers of a cluster, `IP:PORT`, the first control plane first; what is no address stays as it is. */
export function serversOf({ nodes, config }: Inventory): readonly string[] {
  const { servers, port = DEFAULTS.port } = config
  if (servers !== undefined) return servers.map((server) => normalized(server, port))
  const masters = [...nodes.filter(isFirst), ...nodes.filter(({ role }) => role === 'control-plane')]
  return masters.map(({ address }) => endpointText(address, port))
}

/** The configuration of one machine; throws {@link ConfigError}. */
export function nodeConfig(inventory: Inventory, { role, address }: ClusterNode): InstallerConfig {
  return parseConfig({ ...inventory.config, servers: serversOf(inventory), role, nodeAddress: address })
}

/** The configurations of all machines, in their order; throws {@link ConfigError} with everything that is wrong. */
export function nodeConfigs(inventory: Inventory): readonly InstallerConfig[] {
  const problems = problemsOf(inventory)
  if (problems.length > 0) throw new ConfigError(problems)
  return inventory.nodes.map((node) => nodeConfig(inventory, node))
}

/** The machines in the order in which they are set up: one stage after the other. */
export function stagesOf({ nodes }: Inventory): readonly (readonly ClusterNode[])[] {
  const roles: readonly Role[] = ['first-control-plane', 'control-plane', 'worker']
  return roles.map((role) => nodes.filter((node) => node.role === role)).filter((stage) => stage.length > 0)
}

/** An apiserver as `IP:PORT`; throws RangeError for what is none. */
export function withPort(server: string, port: number): string {
  return parseEndpoint(serverText(server, port)).text
}

/** What is wrong with it, parseConfig says. */
function normalized(server: string, port: number): string {
  try {
    return withPort(server, port)
  } catch (error) {
    if (error instanceof RangeError) return server
    throw error
  }
}

function problemsOf({ nodes }: Inventory): readonly Problem[] {
  const addresses = nodes.map(({ address }) => address)
  const twice = nodes.flatMap(({ address }, index) =>
    addresses.indexOf(address) === index
      ? []
      : [{ path: `nodes[${index}].address`, value: address, rule: 'is in the inventory twice' }],
  )
  const [, second] = nodes.filter(isFirst)
  if (second === undefined) return twice
  return [
    ...twice,
    {
      path: `nodes[${nodes.indexOf(second)}].role`,
      value: second.role,
      rule: 'only one node can be the first',
    },
  ]
}

function isFirst({ role }: ClusterNode): boolean {
  return role === 'first-control-plane'
}
