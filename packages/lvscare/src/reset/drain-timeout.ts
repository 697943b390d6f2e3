import type { Fleet } from '../health/fleet.ts'
import type { Standing } from '../health/member.ts'
import type { Resets } from './resets.ts'

/** Options of {@link DrainTimeout}. */
export interface DrainTimeoutParts {
  readonly fleet: Pick<Fleet, 'weights' | 'standings'>
  readonly resets: Resets
  /** `undefined`: never. */
  readonly limitMs: number | undefined
}

/** Ends the connections to servers that have been drained for too long; once for each time that they were drained. */
export class DrainTimeout {
  readonly #parts: DrainTimeoutParts
  /** Since when the servers had been drained whose connections were ended. */
  readonly #done = new Map<string, number>()

  constructor(parts: DrainTimeoutParts) {
    this.#parts = parts
  }

  /** Looks who is due: nobody, or a promise that resolves when their connections have ended. */
  tick(nowMs: number): Promise<void> | undefined {
    const { fleet, limitMs } = this.#parts
    if (limitMs === undefined) return undefined
    const due = [...fleet.standings()].filter(
      ([server, standing]) =>
        this.#isDrained(server, standing) &&
        nowMs - standing.sinceMs >= limitMs &&
        this.#done.get(server) !== standing.sinceMs,
    )
    for (const [server, { sinceMs }] of due) this.#done.set(server, sinceMs)
    return due.length === 0 ? undefined : this.#end(new Map(due))
  }

  async #end(due: ReadonlyMap<string, Standing>): Promise<void> {
    const { resets, fleet } = this.#parts
    const sockets = await resets.find(new Set(due.keys()))
    const now = fleet.standings()
    // Whoever came back while the table was read keeps its connections.
    const isStill = (server: string): boolean => {
      const standing = now.get(server)
      // A suspicion is over soon: then it is looked at again.
      if (standing?.suspected) this.#done.delete(server)
      return standing?.sinceMs === due.get(server)?.sinceMs && this.#isDrained(server, standing)
    }
    await resets.end(
      sockets.filter(({ server }) => isStill(server)),
      'drain-timeout',
    )
  }

  /** A server that keeps its weight, because nobody is healthy, is not drained whatever its state. */
  #isDrained(server: string, standing: Standing | undefined): boolean {
    return (
      standing?.state === 'draining' && !standing.suspected && this.#parts.fleet.weights().get(server) === 0
    )
  }
}
