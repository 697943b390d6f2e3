import { messageOf } from './errors.ts'
import { FailureLog } from './failure-log.ts'
import type { Verdict } from './health/verdict.ts'
import { type Log, logPass } from './log.ts'
import type { Metrics } from './metrics.ts'
import { type Failure, inspect, isEssential, type Pass, runPass, undoAll, withFailures } from './pass.ts'
import { PIECES, type Piece, type PieceName, type Step } from './path/step.ts'
import type { Suspicion } from './probe/suspicion.ts'
import type { Repairs } from './repairs.ts'
import type { SeatWatch } from './seat-watch.ts'
import { monotonic, sleep } from './time.ts'
import type { Judgement, VerdictBook } from './verdict-book.ts'
import type { GuardView, PieceView } from './view.ts'

/** Whatever somebody else breaks is found and mended within this time, in milliseconds. */
const PASS_EVERY_MS = 500

/** What {@link Keeper} keeps, and whom it tells. */
export interface KeeperParts {
  readonly pieces: readonly Piece[]
  /** What other modes have left behind: taken away as soon as this guard is the one who writes. */
  readonly leftovers: readonly Piece[]
  /** The pass that set the rules, not yet reported. */
  readonly first: Pass
  readonly book: VerdictBook
  readonly allDown: () => boolean
  /** Told of each pass and of each change of the servers. */
  readonly followers: Followers
  readonly metrics: Metrics
  readonly repairs: Repairs
  readonly seat: SeatWatch
  readonly log: Log
}

/** Who has to do something when servers leave the rule or come back. */
export interface Followers {
  /** Before a pass, at a monotonic time in milliseconds. */
  tick(nowMs: number): void
  /** After a verdict or a suspicion, before the pass that follows from it. */
  changed(server: string, nowMs: number): void
  /** Instead of `changed` while another guard writes: whatever is under way is its business now. */
  standBy(): void
  /** This guard has taken over; before its first pass. */
  resume(nowMs: number): void
}

/** Joins verdicts and passes: the state of a running guard. */
export class Keeper {
  readonly #parts: KeeperParts
  readonly #failures: FailureLog
  readonly #startedMs = monotonic()
  #lastPassMs = monotonic()
  #last: Pass
  #leftovers: readonly Piece[]
  /** Pieces that this guard has not yet seen to be true: its first steps there are no repairs. */
  #fresh = new Set(PIECES)

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#failures = new FailureLog(parts.log)
    this.#last = parts.first
    this.#leftovers = parts.leftovers
    logPass(parts.log, { applied: parts.first.applied, failures: [] })
    this.#note(parts.first, 0)
  }

  /** A pass now and then, whatever the verdicts say. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.takeSeat()
      this.pass()
      await sleep(PASS_EVERY_MS, stop)
    }
  }

  /** Finds out who writes; before the first verdict, and again before every pass. */
  async takeSeat(): Promise<void> {
    if (!(await this.#parts.seat.look())) return
    this.#fresh = new Set(PIECES)
    this.#parts.followers.resume(monotonic())
  }

  /** One pass, reported; a guard that stands by only looks. */
  pass(): void {
    const { pieces, repairs } = this.#parts
    const start = monotonic()
    if (this.#isActive()) this.#parts.followers.tick(start)
    const stale = this.#isActive() ? this.#clearLeftovers() : []
    const pass = this.#isActive() ? runPass(pieces) : inspect(pieces)
    this.#logSteps(pass)
    repairs.tick(start)
    this.#note(
      stale.length === 0 ? pass : { ...pass, failures: [...stale, ...pass.failures] },
      monotonic() - start,
    )
  }

  /** Takes a verdict; acts at once on what it changes. True asks for a confirming probe. */
  judge(server: string, verdict: Verdict): boolean {
    return this.#follow(server, this.#parts.book.record(server, verdict)).confirm
  }

  /** Takes a suspicion: the server gets no new connections until a verdict says what it is. */
  suspect(server: string, suspicion: Suspicion): void {
    this.#follow(server, this.#parts.book.suspect(server, suspicion))
  }

  /** The server that was suspected has answered after all. */
  clear(server: string): void {
    this.#follow(server, this.#parts.book.clear(server))
  }

  /** Everything that is known at this moment. */
  view(): GuardView {
    const nowMs = monotonic()
    const alive = nowMs - this.#lastPassMs < 10 * PASS_EVERY_MS
    const pieces = this.#parts.pieces.map(({ name }) => this.#pieceView(name))
    return {
      nowMs,
      startedMs: this.#startedMs,
      active: this.#isActive(),
      alive,
      ready: alive && this.#isTrue(),
      allDown: this.#parts.allDown(),
      servers: this.#parts.book.views(),
      pieces,
    }
  }

  #follow(server: string, judgement: Judgement): Judgement {
    const { followers } = this.#parts
    if (this.#isActive()) followers.changed(server, monotonic())
    else followers.standBy()
    if (judgement.changed) this.pass()
    return judgement
  }

  #isTrue(): boolean {
    const { failures, waiting = [] } = this.#last
    return !failures.some(isEssential) && waiting.every(({ optional }) => optional === true)
  }

  #isActive(): boolean {
    return this.#parts.seat.isActive
  }

  /** What could not be taken away is tried again with the next pass. */
  #clearLeftovers(): readonly Failure[] {
    if (this.#leftovers.length === 0) return []
    const { applied, failures } = undoAll(this.#leftovers)
    logPass(this.#parts.log, { applied, failures: [] })
    this.#leftovers = withFailures(this.#leftovers, failures)
    return failures
  }

  /** What follows from a verdict, completes what failed before, or begins this guard's work is no repair. */
  #logSteps({ applied, failures }: Pass): void {
    const { log, repairs } = this.#parts
    const failed = new Set(this.#last.failures.map(subjectOf))
    const isExpected = (step: Step): boolean =>
      this.#fresh.has(step.piece) ||
      step.wantedChanged === true ||
      failed.has(step.piece) ||
      failed.has(`${step.piece} ${step.subject}`)
    logPass(log, { applied: applied.filter(isExpected), failures: [] })
    const mended = applied.filter((step) => !isExpected(step))
    for (const piece of new Set(mended.map((step) => step.piece)))
      repairs.take(
        piece,
        mended.filter((step) => step.piece === piece),
        monotonic(),
      )
    const failing = new Set(failures.map(({ piece }) => piece))
    if (this.#isActive()) this.#fresh = new Set([...this.#fresh].filter((piece) => failing.has(piece)))
  }

  #note(pass: Pass, ms: number): void {
    this.#lastPassMs = monotonic()
    this.#last = pass
    this.#failures.update(pass.failures, this.#lastPassMs)
    this.#parts.metrics.observePass(pass, ms)
  }

  #pieceView(piece: PieceName): PieceView {
    const failure = this.#last.failures.find((one) => one.piece === piece)
    const waits = this.#last.waiting?.some((step) => step.piece === piece) ?? false
    return {
      piece,
      ok: failure === undefined && !waits,
      error: failure === undefined ? undefined : messageOf(failure.error),
      repairs: this.#parts.repairs.total(piece),
    }
  }
}

/** The piece, where it could not be looked at; else with what the step was about. */
function subjectOf({ piece, step }: Failure): string {
  return step === undefined ? piece : `${piece} ${step.subject}`
}
