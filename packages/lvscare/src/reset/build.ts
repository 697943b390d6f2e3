import { endpointText } from '../endpoint-text.ts'
import type { GuardParts } from '../guard.ts'
import type { ReadMembers } from '../metrics/kernel-metrics.ts'
import type { Metrics } from '../metrics.ts'
import { monotonic, sleep } from '../time.ts'
import { Departures } from './departures.ts'
import { DrainTimeout } from './drain-timeout.ts'
import { ConnectionKeeper } from './followers.ts'
import { Rebalance } from './rebalance.ts'
import { Resets } from './resets.ts'

/** A server that stops as planned is waited for so long, in milliseconds: an apiserver gives its requests a minute. */
const LINGER_MS = 60_000

/** A connection that is older than this, in milliseconds, is likely to stay. */
const LONG_LIVED_MS = 10_000

/** What the guard lends. */
export interface Lent {
  readonly metrics: Metrics
  readonly pass: () => void
  readonly stop: AbortSignal
}

/** Puts together what sees to the connections, as the configuration wants it. */
export function connectionKeeper(parts: GuardParts, { metrics, pass, stop }: Lent): ConnectionKeeper {
  const { config, fleet, rule, kernel, log } = parts
  const { drainTimeoutMs, slowStartMs = 0, rebalance } = config.failover
  const resets = new Resets({ clients: kernel.clients, log, metrics: metrics.failover })
  const connections = (server: string): number | undefined => activeConnections(kernel.members, server)
  const lingerMs = drainTimeoutMs ?? LINGER_MS
  const taking = (): ReadonlySet<string> =>
    new Set([...rule.at(monotonic())].flatMap(([server, weight]) => (weight > 0 ? [server] : [])))
  const settleMs = Math.max(LONG_LIVED_MS, slowStartMs)
  const spread = { resets, settleMs, taking, stop, sleep, random: Math.random }
  return new ConnectionKeeper({
    fleet,
    members: () => memberTexts(kernel.members),
    departures: new Departures({ rule, resets, pass, connections, lingerMs }),
    drainTimeout: new DrainTimeout({ fleet, resets, limitMs: drainTimeoutMs }),
    rebalance: rebalance === undefined ? undefined : new Rebalance({ ...spread, perSecond: rebalance }),
  })
}

/** Nobody where the kernel cannot be read: then nobody is seen off, and the pass says why. */
function memberTexts(members: ReadMembers): ReadonlySet<string> {
  try {
    return new Set(members()?.map(({ address, port }) => endpointText(address, port)))
  } catch {
    return new Set()
  }
}

/** The established connections to a server, none where it is no member; `undefined` where the kernel cannot be read. */
function activeConnections(members: ReadMembers, server: string): number | undefined {
  try {
    const found = members()?.find(({ address, port }) => endpointText(address, port) === server)
    return found?.activeConnections ?? 0
  } catch {
    return undefined
  }
}
