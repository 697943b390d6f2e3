import { jittered, LOOK_MS } from '../time.ts'
import type { Line } from './line.ts'
import type { After } from './timers.ts'

/** From one PING to the next, give or take a tenth, in milliseconds. */
export const PING_MS = 1000

/** A PING is answered within this time, in milliseconds, or the server is suspected. */
export const PONG_MS = 750

/** Options of a {@link Pinger}. */
export interface PingerOptions {
  /** How much longer than usual it waits for an answer, in milliseconds. */
  readonly waitMs: () => number
  /** A PING was not answered in time. */
  readonly onUnanswered: (ms: number) => void
  /** It was answered after all; until then no other one is sent. */
  readonly onLateAnswer: () => void
  readonly after: After
  readonly random: () => number
}

/**
 * After an answer to a probe there is no PING for this long, in milliseconds: as long as two PINGs are apart at most.
 *
 * A server that is probed every second is not asked twice.
 */
export const HEARD_MS: number = 1.1 * PING_MS

/** Asks for a sign of life after a second of silence, for nothing else: no request, no authentication. */
export class Pinger {
  readonly #line: Pick<Line, 'ping'>
  readonly #options: PingerOptions
  #cancel: () => void
  #isWaiting = false
  #isStopped = false

  constructor(line: Pick<Line, 'ping'>, options: PingerOptions) {
    this.#line = line
    this.#options = options
    // Not in step with the guards of other nodes, which may all have connected in one moment.
    this.#cancel = options.after(PING_MS * options.random(), () => this.#send())
  }

  /** The server has just given another sign of life; a PING that is on its way is waited for all the same. */
  heard(): void {
    if (this.#isWaiting || this.#isStopped) return
    this.#cancel()
    this.#cancel = this.#options.after(HEARD_MS, () => this.#send())
  }

  /** No more PINGs, and nothing more is told. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  #send(): void {
    const { after, waitMs, onUnanswered, onLateAnswer } = this.#options
    const limitMs = PONG_MS + waitMs()
    let isLate = false
    this.#isWaiting = true
    this.#cancel = after(limitMs - LOOK_MS, () => {
      // What has come meanwhile is read first: this node may have been too busy to look.
      this.#cancel = after(LOOK_MS, () => {
        isLate = true
        onUnanswered(limitMs)
      })
    })
    this.#line.ping(() => {
      if (this.#isStopped) return
      this.#isWaiting = false
      this.#cancel()
      this.#cancel = after(jittered(PING_MS, this.#options.random), () => this.#send())
      if (isLate) onLateAnswer()
    })
  }
}
