import type { Fleet } from 'lvscare'
import { Keeper, type KeeperParts } from '../../packages/lvscare/src/keeper.ts'
import { Metrics, type MetricsOptions } from '../../packages/lvscare/src/metrics.ts'
import { Repairs } from '../../packages/lvscare/src/repairs.ts'
import { SeatWatch } from '../../packages/lvscare/src/seat-watch.ts'
import { VerdictBook } from '../../packages/lvscare/src/verdict-book.ts'

/** What a guard is made of, as far as it differs from one measurement to the other. */
export interface BenchKeeperParts extends Pick<KeeperParts, 'pieces' | 'log'> {
  readonly fleet: Fleet
  readonly servers: readonly string[]
  readonly weights: () => ReadonlyMap<string, number>
  readonly kernel: MetricsOptions['kernel']
}

/** The guard that keeps pieces true, alone on its node, without probes and without clients to free; and its metrics. */
export function benchKeeper(parts: BenchKeeperParts): { readonly keeper: Keeper; readonly metrics: Metrics } {
  const { pieces, log, fleet, servers, weights, kernel } = parts
  const metrics = new Metrics({ version: '0', servers, view: () => keeper.view(), kernel })
  const nobody = () => undefined
  const keeper: Keeper = new Keeper({
    pieces,
    leftovers: [],
    first: { applied: [], failures: [] },
    book: new VerdictBook(fleet, log, metrics, weights),
    allDown: () => fleet.allDown,
    followers: { tick: nobody, changed: nobody, standBy: nobody, resume: nobody },
    metrics,
    repairs: new Repairs(log, nobody),
    seat: new SeatWatch({ tryToTake: async () => 'mine' }, log),
    log,
  })
  return { keeper, metrics }
}
