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
  const counted = (): ReadonlyMap<string, number> | undefined => connectionsOf(kernel.members)
  // Who is no member has none.
  const connections = (server: string): number | undefined => {
    const found = counted()
    return found && (found.get(server) ?? 0)
  }
  const lingerMs = drainTimeoutMs ?? LINGER_MS
  const taking = (): ReadonlySet<string> =>
    new Set([...rule.at(monotonic())].flatMap(([server, weight]) => (weight > 0 ? [server] : [])))
  const settleMs = Math.max(LONG_LIVED_MS, slowStartMs)
  const spread = { resets, settleMs, taking, stop, sleep, random: Math.random }
  return new ConnectionKeeper({
    fleet,
    members: () => new Set(counted()?.keys()),
    departures: new Departures({ rule, resets, pass, connections, lingerMs }),
    drainTimeout: new DrainTimeout({ fleet, resets, limitMs: drainTimeoutMs }),
    rebalance: rebalance === undefined ? undefined : new Rebalance({ ...spread, perSecond: rebalance }),
  })
}

/** The established connections of each member of the kernel's rule; `undefined` where it cannot be read: the pass says why. */
function connectionsOf(members: ReadMembers): ReadonlyMap<string, number> | undefined {
  try {
    const found = members() ?? []
    return new Map(
      found.map(({ address, port, activeConnections }) => [endpointText(address, port), activeConnections]),
    )
  } catch {
    return undefined
  }
}
