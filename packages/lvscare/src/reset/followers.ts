import type { Fleet, Weights } from '../health/fleet.ts'
import type { Followers } from '../keeper.ts'
import type { Departures } from './departures.ts'
import type { DrainTimeout } from './drain-timeout.ts'
import type { Rebalance } from './rebalance.ts'
import { UnderWay } from './under-way.ts'

/** Options of {@link ConnectionKeeper}. */
export interface ConnectionKeeperParts {
  readonly fleet: Pick<Fleet, 'weights' | 'standings'>
  readonly departures: Departures
  readonly drainTimeout: DrainTimeout
  /** `undefined`: connections stay where they are when a server is back. */
  readonly rebalance: Pick<Rebalance, 'returned' | 'settled'> | undefined
  /** The members of the kernel's rule, by their endpoint texts. */
  readonly members: () => ReadonlySet<string>
}

/** Sees to the connections of servers that leave the rule, are drained for long, or come back. */
export class ConnectionKeeper implements Followers {
  readonly #parts: ConnectionKeeperParts
  /** The rule as it was the last time. */
  #before: Weights
  /** Returns that have been seen to: when each server last came back. */
  readonly #returns = new Map<string, number>()
  readonly #underWay = new UnderWay()

  constructor(parts: ConnectionKeeperParts) {
    this.#parts = parts
    this.#before = parts.fleet.weights()
  }

  tick(nowMs: number): void {
    const { departures, drainTimeout } = this.#parts
    departures.tick(nowMs)
    const drained = drainTimeout.tick(nowMs)
    if (drained !== undefined) this.#underWay.add(drained)
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
    if (standing?.state === 'up' && this.#isNewReturn(server, standing.returnedMs)) rebalance?.returned()
  }

  standBy(): void {
    const { fleet, departures } = this.#parts
    for (const [server, { returnedMs }] of fleet.standings()) {
      departures.stay(server)
      // Whoever came back under the other guard is no news when this one takes over.
      this.#isNewReturn(server, returnedMs)
    }
    this.#before = fleet.weights()
  }

  resume(nowMs: number): void {
    const { fleet, members } = this.#parts
    // Who left the rule under the other guard has left; who is still in it, and should not be, leaves now.
    const found = members()
    this.#before = new Map([...fleet.standings().keys()].flatMap((one) => (found.has(one) ? [[one, 0]] : [])))
    for (const server of fleet.standings().keys()) this.changed(server, nowMs)
  }

  #isNewReturn(server: string, returnedMs: number | undefined): boolean {
    if (returnedMs === undefined || this.#returns.get(server) === returnedMs) return false
    this.#returns.set(server, returnedMs)
    return true
  }

  /** Resolves when nothing is under way that was begun until now. */
  async settled(): Promise<void> {
    const { departures, rebalance } = this.#parts
    await Promise.all([this.#underWay.settled(), departures.settled(), rebalance?.settled()])
  }
}
