import { RuleWeights } from '../../src/health/rule-weights.ts'
import { Fleet, type Verdict } from '../../src/index.ts'
import { FailoverMetrics } from '../../src/metrics/failover-metrics.ts'
import { Instruments } from '../../src/metrics/instruments.ts'
import { Departures } from '../../src/reset/departures.ts'
import { DrainTimeout } from '../../src/reset/drain-timeout.ts'
import { ConnectionKeeper, type ConnectionKeeperParts } from '../../src/reset/followers.ts'
import { Resets } from '../../src/reset/resets.ts'
import { MemoryLog } from '../memory-log.ts'
import { HEALTHY } from '../verdicts.ts'
import { FakeClients } from './fake-clients.ts'

export const SERVERS = ['a', 'b', 'c']

export const NOT_READY: Verdict = { outcome: 'sick', reason: 'not-ready', status: 500, ms: 1 }
export const SILENT: Verdict = { outcome: 'dead', reason: 'timeout', detail: 'no answer', ms: 1 }

/** How {@link kept} differs from the usual. */
export interface KeptOptions {
  readonly drainTimeoutMs?: number
  /** False: connections are left alone. */
  readonly reset?: boolean
  readonly rebalance?: ConnectionKeeperParts['rebalance']
  /** What the kernel has when another guard has gone; everybody unless it is given. */
  readonly members?: readonly string[]
}

/** A fleet of three that are up, and what sees to their connections; the kernel is what the last pass made of it. */
export function kept(options: KeptOptions = {}) {
  const usual = { rise: 1, fall: 1, allDown: 'keep', togetherMs: 1000, nowMs: 0 } as const
  const fleet = new Fleet({ servers: SERVERS, adopted: undefined, ...usual })
  for (const server of SERVERS) fleet.record(server, HEALTHY, 0)
  const [rule, clients, log] = [
    new RuleWeights(fleet, { slowStartMs: undefined }),
    new FakeClients(),
    new MemoryLog(),
  ]
  const instruments = new Instruments()
  const metrics = new FailoverMetrics(instruments, SERVERS)
  const resets = new Resets({ clients: options.reset === false ? undefined : clients, log, metrics })
  // What the kernel would have after each pass, with who had been ended by then.
  const passes: { weights: object; ended: number }[] = []
  const active = new Map<string, number>()
  const pass = (): void => {
    passes.push({ weights: Object.fromEntries(rule.at(0)), ended: clients.ended.length })
  }
  const connections = (server: string) => active.get(server)
  const departures = new Departures({ rule, resets, pass, connections, lingerMs: 60_000 })
  const drainTimeout = new DrainTimeout({ fleet, resets, limitMs: options.drainTimeoutMs })
  const members = () => new Set(options.members ?? SERVERS)
  const keeper = new ConnectionKeeper({
    fleet,
    departures,
    drainTimeout,
    rebalance: options.rebalance,
    members,
  })
  const tell = (server: string, verdicts: readonly Verdict[], nowMs: number): void => {
    for (const verdict of verdicts) {
      fleet.record(server, verdict, nowMs)
      keeper.changed(server, nowMs)
    }
  }
  const weights = (): object => Object.fromEntries(rule.at(0))
  return { fleet, clients, log, passes, active, keeper, tell, weights, registry: instruments.registry }
}
