import { PORT } from '../../lab/apiserver.ts'
import { VIP } from '../../lab/cluster.ts'
import { newcomer } from '../../lab/newcomer.ts'

const EVERY_MS = 100
const LIMIT_MS = 1000

/** A client that makes a new TLS connection ten times a second, gives each a second, and remembers which failed. */
export class Newcomers {
  /** When the last one that failed was begun, on the clock of `performance.now()`. */
  lastFailedAt: number | undefined
  made = 0
  failed = 0
  readonly #timer: NodeJS.Timeout
  readonly #open = new Set<Promise<void>>()
  readonly #limitMs: number

  constructor(everyMs: number = EVERY_MS, limitMs: number = LIMIT_MS) {
    this.#limitMs = limitMs
    this.#timer = setInterval(() => this.#make(), everyMs)
  }

  /** Begins no more; resolves when those under way are settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
  }

  #make(): void {
    const start = performance.now()
    const one = newcomer(VIP.v4, PORT, this.#limitMs).then((problem) => {
      this.#open.delete(one)
      this.made += 1
      if (problem === undefined) return
      this.failed += 1
      this.lastFailedAt = Math.max(start, this.lastFailedAt ?? 0)
    })
    this.#open.add(one)
  }
}
