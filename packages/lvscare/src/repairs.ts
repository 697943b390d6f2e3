import type { Log } from './log.ts'
import { PIECES, type PieceName, type Step } from './path/step.ts'

/** So many repairs of one piece within {@link WINDOW_MS} are a fight, not an accident. */
const AGAIN_AND_AGAIN = 3

/** How long a repair is remembered, and how long a fight must rest to be over: kube-proxy comes back every half minute. */
const WINDOW_MS = 300_000

/** Longest pause between two reports of a fight that goes on. */
const MAX_REPORT_MS = 3_600_000

/** What is known of the repairs of one piece. */
interface PieceRepairs {
  total: number
  /** Times of those within the window. */
  recent: number[]
  /** While it is broken again and again: when that is said next, and how much happened since it was said. */
  fight: { nextMs: number; pauseMs: number; since: number } | undefined
}

/** Whether somebody can be named who breaks a piece like this; asked seldom. */
export type CulpritOf = (piece: PieceName) => string | undefined

/**
 * Counts and logs what others broke and a pass mended.
 *
 * The first repairs of a piece are logged one by one, with what was found. Of a piece that is broken again and again it is
 * said so, with the likely culprit, first every five minutes and then ever less often; mended it is all the same.
 */
export class Repairs {
  readonly #log: Log
  readonly #culpritOf: CulpritOf
  readonly #pieces = new Map<PieceName, PieceRepairs>()

  constructor(log: Log, culpritOf: CulpritOf) {
    this.#log = log
    this.#culpritOf = culpritOf
    for (const piece of PIECES) this.#pieces.set(piece, { total: 0, recent: [], fight: undefined })
  }

  /** Repairs of a piece since the start. */
  total(piece: PieceName): number {
    return this.#of(piece).total
  }

  /** Takes the steps of one pass that mended a piece, however many it took, at a monotonic time in milliseconds. */
  take(piece: PieceName, steps: readonly Step[], nowMs: number): void {
    const repairs = this.#of(piece)
    repairs.total += 1
    repairs.recent = [...repairs.recent.filter((ms) => nowMs - ms < WINDOW_MS), nowMs].slice(-AGAIN_AND_AGAIN)
    for (const step of steps) this.#logStep(step, repairs.fight !== undefined)
    if (repairs.fight !== undefined) repairs.fight.since += 1
    else if (repairs.recent.length >= AGAIN_AND_AGAIN) this.#begin(piece, repairs, nowMs)
  }

  /** Says what there is to say about fights; called after every pass. */
  tick(nowMs: number): void {
    for (const [piece, repairs] of this.#pieces) {
      if (repairs.fight === undefined) continue
      if (nowMs - (repairs.recent.at(-1) ?? 0) >= WINDOW_MS) this.#end(piece, repairs)
      else if (nowMs >= repairs.fight.nextMs) this.#goOn(piece, repairs.fight, nowMs)
    }
  }

  #logStep({ piece, kind, subject, found }: Step, quietly: boolean): void {
    const fields = { piece, kind, subject, found, repair: true }
    if (quietly) this.#log.debug(fields, 'step applied')
    else this.#log.warn(fields, 'step applied')
  }

  #begin(piece: PieceName, repairs: PieceRepairs, nowMs: number): void {
    repairs.fight = { nextMs: nowMs + WINDOW_MS, pauseMs: WINDOW_MS, since: 0 }
    this.#say(piece, AGAIN_AND_AGAIN)
  }

  #goOn(piece: PieceName, fight: NonNullable<PieceRepairs['fight']>, nowMs: number): void {
    this.#say(piece, fight.since)
    fight.pauseMs = Math.min(2 * fight.pauseMs, MAX_REPORT_MS)
    fight.nextMs = nowMs + fight.pauseMs
    fight.since = 0
  }

  #end(piece: PieceName, repairs: PieceRepairs): void {
    this.#log.info({ piece, times: repairs.total }, 'piece is left alone again')
    repairs.fight = undefined
  }

  #say(piece: PieceName, times: number): void {
    this.#log.error({ piece, times, culprit: this.#culpritOf(piece) }, 'piece is broken again and again')
  }

  #of(piece: PieceName): PieceRepairs {
    const found = this.#pieces.get(piece)
    if (found === undefined) throw new TypeError(`there is no piece ${piece}`)
    return found
  }
}
