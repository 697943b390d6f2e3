import type { ClientSocket } from '../clients/clients.ts'
import { surplus } from '../clients/surplus.ts'
import type { Sleep } from '../time.ts'
import type { Resets } from './resets.ts'

/** Options of {@link Rebalance}. */
export interface RebalanceParts {
  readonly resets: Resets
  /** Connections that are ended in a second, at most. */
  readonly perSecond: number
  /** How long a connection must have been there to be long-lived, in milliseconds: one that was made just now may end just now. */
  readonly settleMs: number
  /** The servers that get new connections at this moment. */
  readonly taking: () => ReadonlySet<string>
  readonly stop: AbortSignal
  readonly sleep: Sleep
  /** 0 to 1. */
  readonly random: () => number
}

/**
 * Spreads long-lived connections again when a server is back: those of this node that are more than a server's share are
 * ended, a few in a second, and made again by their owners.
 */
export class Rebalance {
  readonly #parts: RebalanceParts
  #turn: Promise<void> | undefined
  #again = false

  constructor(parts: RebalanceParts) {
    this.#parts = parts
  }

  /** A server has come back. One that does while connections are spread is seen to afterwards. */
  returned(): void {
    this.#again = true
    this.#turn ??= this.#turns().finally(() => {
      this.#turn = undefined
    })
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#turn
  }

  async #turns(): Promise<void> {
    while (this.#again && !this.#parts.stop.aborted) {
      this.#again = false
      await this.#spread()
    }
  }

  async #spread(): Promise<void> {
    const { resets, settleMs, taking, stop, sleep, random } = this.#parts
    const before = await resets.find(taking())
    await sleep(settleMs, stop)
    if (stop.aborted || this.#again) return
    const servers = taking()
    const after = await resets.find(servers)
    await this.#endSlowly(surplus({ before, after, servers, random }))
  }

  /** Stops as soon as a server leaves or comes: then the shares are others. */
  async #endSlowly(sockets: readonly ClientSocket[]): Promise<void> {
    const { resets, perSecond, taking, stop, sleep } = this.#parts
    const servers = taking()
    for (let at = 0; at < sockets.length; at += perSecond) {
      await resets.end(sockets.slice(at, at + perSecond), 'rebalance')
      await sleep(1000, stop)
      if (stop.aborted || !same(servers, taking())) return
    }
  }
}

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one))
}
