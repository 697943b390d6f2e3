import { messageOf, parseEndpoint } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { DEFAULTS } from '../config/parse.ts'
import { ConfigError, RefusedError } from '../errors.ts'
import { refuse } from '../plan/apply.ts'
import { type ServerHealth, serversHealth } from '../plan/health.ts'
import type { ApplyEvent, ApplyResult } from '../plan/step.ts'
import { planUpdate, updateServers } from '../plan/update.ts'
import { isSameAddress } from '../validate/addresses.ts'
import { Failures, type FleetOptions, nodeSignal, onEach } from './fleet.ts'
import { type ClusterNode, type Inventory, nodeConfigs, serversOf, withPort } from './inventory.ts'
import { type ClusterResult, resultOf } from './run.ts'

/** How all machines get another list of apiservers. */
export interface UpdateClusterOptions extends FleetOptions {
  /** Only looks whether it could be done; nothing is changed. */
  readonly dryRun?: boolean
  /** Told of every step as it begins and ends. */
  readonly onEvent?: (event: ApplyEvent) => void
  /** How long an apiserver may take to answer one machine, in milliseconds. @default 5000 */
  readonly answerTimeoutMs?: number
}

/** An apiserver came: every machine of the inventory gets it into its manifest and its live rule. As {@link updateCluster}. */
export async function addMaster(
  inventory: Inventory,
  server: string,
  options: UpdateClusterOptions = {},
): Promise<ClusterResult> {
  const added = serverText(inventory, server)
  const known = serversOf(inventory)
  const servers = known.includes(added) ? known : [...known, added]
  return await updateCluster(inventory, servers, { ...options, mustAnswer: [added] })
}

/**
 * An apiserver goes: it leaves the manifest and the live rule of every other machine of the inventory, and no real server of
 * it stays behind. As {@link updateCluster}.
 */
export async function removeMaster(
  inventory: Inventory,
  server: string,
  options: UpdateClusterOptions = {},
): Promise<ClusterResult> {
  const gone = serverText(inventory, server)
  const known = serversOf(inventory)
  const servers = known.filter((one) => one !== gone)
  if (servers.length === known.length) throw problem(server, `is none of the apiservers ${known.join(', ')}`)
  const { address } = parseEndpoint(gone)
  const nodes = inventory.nodes.filter(
    (node) => node.role === 'worker' || !isSameAddress(node.address, address),
  )
  return await updateCluster({ ...inventory, nodes }, servers, options)
}

/**
 * Gives every machine the same list of apiservers, `IP` or `IP:PORT`.
 *
 * Before anything is changed, every machine is looked at: it must have been set up, and nothing may be in the way of the change.
 * Every guarded machine asks the apiservers: one that is new must be healthy from everywhere, and of the list at least one.
 * Otherwise it throws RefusedError. Then the first worker follows alone, and the others some at a time;
 * with more failures than `maxFailures` no further machine is begun. A second call does what the first one could not.
 */
export async function updateCluster(
  inventory: Inventory,
  servers: readonly string[],
  options: UpdateClusterOptions & { readonly mustAnswer?: readonly string[] } = {},
): Promise<ClusterResult> {
  if (servers.length === 0) throw problem(servers, 'needs at least one apiserver')
  const wanted = { ...inventory, config: { ...inventory.config, servers } }
  const configs = nodeConfigs(wanted)
  const nodes = inventory.nodes.map((node, index) => ({ node, config: configs[index] }))
  await checkAll(nodes, options)
  return await updateAll(inventory.nodes, servers, options)
}

interface Checked {
  readonly node: ClusterNode
  readonly config: InstallerConfig | undefined
}

async function checkAll(
  nodes: readonly Checked[],
  options: UpdateClusterOptions & { readonly mustAnswer?: readonly string[] },
): Promise<void> {
  const { parallel, signal = new AbortController().signal, mustAnswer = [], answerTimeoutMs = 5000 } = options
  const failures = new Failures({ maxFailures: Number.POSITIVE_INFINITY, signal })
  const check = async ({ node, config }: Checked): Promise<string | undefined> => {
    const own = nodeSignal(signal)
    const servers = config?.servers.map(({ text }) => text) ?? []
    const made = await planUpdate(node.host, servers, { signal: own, checkTimeoutMs: answerTimeoutMs })
    refuse(made.host, made.findings)
    if (config === undefined || !isGuarded(config) || mustAnswer.length === 0) return undefined
    const health = await serversHealth(node.host, config, { timeoutMs: answerTimeoutMs, signal: own })
    return missingOf(health, mustAnswer)
  }
  const outcomes = await onEach(nodes, check, { failures, ...(parallel && { parallel }) })
  signal.throwIfAborted()
  const wrong = outcomes.flatMap((outcome) => {
    const { name } = outcome.node.node.host
    if (outcome.state === 'failed') return [named(name, messageOf(outcome.error))]
    return outcome.state === 'done' && outcome.result !== undefined ? [named(name, outcome.result)] : []
  })
  if (wrong.length > 0) throw new RefusedError(`nothing was changed: ${wrong.join('; ')}`)
}

/** Most errors name their machine already. */
function named(name: string, message: string): string {
  return message.startsWith(`${name}: `) ? message : `${name}: ${message}`
}

/** Which of the servers that must answer do not, as one machine sees them; `undefined`: none. */
function missingOf(health: readonly ServerHealth[], mustAnswer: readonly string[]): string | undefined {
  const sick = health.filter(({ server, healthy }) => !healthy && mustAnswer.includes(server))
  if (sick.length === 0) return undefined
  return sick.map(({ server, detail }) => `${server} is not healthy (${detail})`).join(', ')
}

async function updateAll(
  nodes: readonly ClusterNode[],
  servers: readonly string[],
  options: UpdateClusterOptions,
): Promise<ClusterResult> {
  const { parallel, dryRun = false, signal, onEvent } = options
  const failures = new Failures(options)
  const work = async ({ host }: ClusterNode): Promise<ApplyResult> =>
    await updateServers(host, servers, { dryRun, signal: nodeSignal(signal), ...(onEvent && { onEvent }) })
  const some = { failures, failed: ({ ok }: ApplyResult) => !ok, ...(parallel && { parallel }) }
  // Workers first, and the first of them alone: what breaks there breaks nowhere else.
  const order = [
    ...nodes.filter(({ role }) => role === 'worker'),
    ...nodes.filter(({ role }) => role !== 'worker'),
  ]
  const first = await onEach(order.slice(0, 1), work, some)
  return resultOf([...first, ...(await onEach(order.slice(1), work, some))])
}

function serverText({ config }: Inventory, server: string): string {
  try {
    return withPort(server, config.port ?? DEFAULTS.port)
  } catch (error) {
    if (error instanceof RangeError) throw problem(server, error.message)
    throw error
  }
}

function problem(value: unknown, rule: string): ConfigError {
  return new ConfigError([{ path: 'servers', value, rule }])
}
