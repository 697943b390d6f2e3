import type { Fleet, Weights } from '../health/fleet.ts'
import type { Followers } from '../keeper.ts'
import type { Departures } from './departures.ts'
import type { DrainTimeout } from './drain-timeout.ts'
import type { Rebalance } from './rebalance.ts'

/** Options of {@link ConnectionKeeper}. */
export interface ConnectionKeeperParts {
  readonly fleet: Pick<Fleet, 'weights' | 'standings'>
  readonly departures: Departures
  readonly drainTimeout: DrainTimeout
  /** `undefined`: connections stay where they are when a server is back. */
  readonly rebalance: Rebalance | undefined
}

/** Sees to the connections of servers that leave the rule, are drained for long, or come back. */
export class ConnectionKeeper implements Followers {
  readonly #parts: ConnectionKeeperParts
  /** The rule as it was the last time. */
  #before: Weights
  #work: Promise<unknown> = Promise.resolve()

  constructor(parts: ConnectionKeeperParts) {
    this.#parts = parts
    this.#before = parts.fleet.weights()
  }

  tick(nowMs: number): void {
    const { departures, drainTimeout } = this.#parts
    departures.tick(nowMs)
    const drained = drainTimeout.tick(nowMs)
    if (drained !== undefined) this.#work = Promise.all([this.#work, drained])
  }

  changed(server: string, nowMs: number): void {
    const { fleet, departures, rebalance } = this.#parts
    const [before, after, standings] = [this.#before, fleet.weights(), fleet.standings()]
    this.#before = after
    for (const one of after.keys()) departures.stay(one)
    for (const one of before.keys())
      if (!after.has(one)) departures.leave(one, standings.get(one)?.planned === true, nowMs)
    const standing = standings.get(server)
    if (standing?.state === 'down' && !standing.planned) departures.hurry(server)
    if (standing?.state === 'up' && standing.returnedMs === standing.sinceMs) rebalance?.returned()
  }

  /** Resolves when nothing is under way that was begun until now. */
  async settled(): Promise<void> {
    await Promise.all([this.#work, this.#parts.departures.settled(), this.#parts.rebalance?.settled()])
  }
}
