import { setTimeout as delay } from 'node:timers/promises'
import { attempt } from '../lab/client.ts'

/** What the client saw since the last time it was asked. */
export interface Tally {
  /** New connections by the server that answered. */
  readonly answered: ReadonlyMap<string, number>
  /** New connections that failed, by error code. */
  readonly failed: ReadonlyMap<string, number>
}

/** A client that opens a new connection to the virtual IP again and again. */
export class Traffic {
  #answered = new Map<string, number>()
  #failed = new Map<string, number>()
  #running = true

  constructor(address: string, port: number, pauseMs: number) {
    void this.#run(address, port, pauseMs)
  }

  /** The tally since the last call. */
  take(): Tally {
    const tally = { answered: this.#answered, failed: this.#failed }
    this.#answered = new Map()
    this.#failed = new Map()
    return tally
  }

  /** No new connection from now on. */
  stop(): void {
    this.#running = false
  }

  async #run(address: string, port: number, pauseMs: number): Promise<void> {
    while (this.#running) {
      const result = await attempt(address, port, 1000)
      const [tally, key] = 'server' in result ? [this.#answered, result.server] : [this.#failed, result.error]
      tally.set(key, (tally.get(key) ?? 0) + 1)
      await delay(pauseMs)
    }
  }
}

/** How many there are in all. */
export function total(tally: ReadonlyMap<string, number>): number {
  return [...tally.values()].reduce((sum, count) => sum + count, 0)
}
