import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { parseConfig, rawConfig } from '../config/parse.ts'
import { RefusedError } from '../errors.ts'
import type { NodeHost } from '../host/host.ts'
import { RECORD_FILE } from '../node/paths.ts'
import { apply } from './apply.ts'
import { healthText, serversHealth } from './health.ts'
import { observeInstalled } from './observe/installed.ts'
import { type PlanOptions, timingOf } from './options.ts'
import { plan } from './plan.ts'
import type { ApplyOptions, ApplyResult, Plan } from './step.ts'

/** How the list of servers is changed. */
export type UpdateOptions = ApplyOptions & Omit<PlanOptions, 'force' | 'phase'>

/**
 * Gives a node another list of apiservers, `IP` or `IP:PORT`, the first control plane first: its manifest and its live rule.
 *
 * A rule that works is never given up for one that does not: throws {@link RefusedError}, with nothing changed, for an empty
 * list, for one of which no server is healthy as seen from this node, and on a node that was not set up. What fails later
 * is taken back, and is in the result.
 */
export async function updateServers(
  host: NodeHost,
  list: readonly string[],
  options: UpdateOptions = {},
): Promise<ApplyResult> {
  return await apply(await planUpdate(host, list, options), options)
}

/** The plan of {@link updateServers}; throws as it does. */
export async function planUpdate(
  host: NodeHost,
  list: readonly string[],
  options: UpdateOptions = {},
): Promise<Plan> {
  if (list.length === 0)
    throw new RefusedError(`${host.name}: the list of servers is empty: a rule without servers leads nowhere`)
  const config = parseConfig({ ...rawConfig(await installedConfig(host)), servers: list })
  if (isGuarded(config) && options.skipCheck !== true) await refuseSick(host, config, options)
  return await plan(config, host, options)
}

/** What a node was set up with; throws {@link RefusedError} where nobody knows. */
export async function installedConfig(host: NodeHost): Promise<InstallerConfig> {
  const [config] = (await observeInstalled(host)).configs
  if (config !== undefined) return config
  throw new RefusedError(
    `${host.name}: nothing was set up here (there is neither ${RECORD_FILE} nor a manifest of a guard): apply a configuration first`,
  )
}

async function refuseSick(host: NodeHost, config: InstallerConfig, options: UpdateOptions): Promise<void> {
  const signal = options.signal ?? new AbortController().signal
  const timeoutMs = timingOf(options).checkTimeoutMs
  const servers = await serversHealth(host, config, { timeoutMs, signal })
  if (servers.some(({ healthy }) => healthy)) return
  throw new RefusedError(
    `${host.name}: none of the servers is healthy as seen from here (${healthText(servers)}): the rule stays as it is`,
  )
}
