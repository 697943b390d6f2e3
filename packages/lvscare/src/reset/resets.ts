import type { ClientSocket, Clients, Released } from '../clients/clients.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { FailoverMetrics } from '../metrics/failover-metrics.ts'

/**
 * Why connections are ended. `down`: their server is dead. `drain-timeout`: it was drained for too long. `rebalance`: it
 * has more than its share, and one that was away is back.
 */
export const RESET_CAUSES = ['down', 'drain-timeout', 'rebalance'] as const

/** See {@link RESET_CAUSES}. */
export type ResetCause = (typeof RESET_CAUSES)[number]

/**
 * A table of connections that takes longer to read than this, in milliseconds, must not keep a dead server in the rule: one
 * of 200 000 entries may take half of it. Who was found until then is ended.
 */
const FIND_MS = 10_000

/** Options of {@link Resets}. */
export interface ResetsParts {
  /** `undefined`: no connection is ever ended. */
  readonly clients: Clients | undefined
  readonly log: Log
  readonly metrics: Pick<FailoverMetrics, 'observeReset'>
}

/** Looks for connections and ends them, counted and told. Never rejects: a client that hangs is no reason to stop. */
export class Resets {
  readonly #parts: ResetsParts
  /** What has been said once. */
  readonly #said = new Set<string>()

  constructor(parts: ResetsParts) {
    this.#parts = parts
  }

  /** False when connections are left alone. */
  get enabled(): boolean {
    return this.#parts.clients !== undefined
  }

  /** The sockets on this node that are connected to one of the servers. */
  async find(servers: ReadonlySet<string>): Promise<ClientSocket[]> {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), FIND_MS)
    try {
      return (await this.#parts.clients?.mappedTo(servers, limit.signal)) ?? []
    } catch (error) {
      if (this.#isNews('find', error))
        this.#parts.log.warn(
          { error: messageOf(error) },
          'connections cannot be looked for, clients of dead servers may hang',
        )
      return []
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends them. */
  async end(sockets: readonly ClientSocket[], cause: ResetCause): Promise<void> {
    for (const server of new Set(sockets.map((one) => one.server))) {
      const mine = sockets.filter((one) => one.server === server)
      const released = await this.#release(mine)
      this.#tell(server, cause, released)
    }
  }

  async #release(sockets: readonly ClientSocket[]): Promise<Released> {
    const nothing = { ended: 0, gone: 0, error: undefined }
    try {
      return (await this.#parts.clients?.release(sockets)) ?? nothing
    } catch (error) {
      return { ...nothing, error }
    }
  }

  #tell(server: string, cause: ResetCause, { ended, gone, error }: Released): void {
    const { log, metrics } = this.#parts
    metrics.observeReset(server, cause, ended)
    if (ended > 0) log.info({ server, cause, ended, gone }, 'connections ended')
    if (error !== undefined && this.#isNews('end', error))
      log.warn(
        { error: messageOf(error) },
        'connections cannot be ended, clients notice at their next packet',
      )
  }

  #isNews(what: 'find' | 'end', error: unknown): boolean {
    const text = `${what} ${messageOf(error)}`
    const isNews = !this.#said.has(text)
    this.#said.add(text)
    return isNews
  }
}
