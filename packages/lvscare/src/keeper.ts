import type { CareConfig } from './config.ts'
import { FailureLog } from './failure-log.ts'
import type { Fleet } from './health/fleet.ts'
import type { Verdict } from './health/verdict.ts'
import { type Log, logPass } from './log.ts'
import type { Metrics } from './metrics.ts'
import { type Pass, runPass } from './pass.ts'
import type { Piece } from './path/step.ts'
import { monotonic, sleep } from './time.ts'

/** Whatever somebody else breaks is found and mended within this time, in milliseconds. */
const PASS_EVERY_MS = 500

/** What {@link Keeper} needs; the rules are in the kernel already. */
export interface GuardParts {
  readonly config: CareConfig
  readonly fleet: Fleet
  readonly pieces: readonly Piece[]
  /** The pass that set the rules, not yet reported. */
  readonly first: Pass
}

/** Joins verdicts, passes, log and metrics: the state of a running guard. */
export class Keeper {
  readonly metrics: Metrics
  readonly #parts: GuardParts
  readonly #log: Log
  readonly #failures: FailureLog
  readonly #unauthorized = new Set<string>()
  #lastPassMs = monotonic()

  constructor(parts: GuardParts, log: Log, metrics: Metrics) {
    this.#parts = parts
    this.#log = log
    this.#failures = new FailureLog(log)
    this.metrics = metrics
  }

  /** A pass now and then, whatever the verdicts say. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.pass()
      await sleep(PASS_EVERY_MS, stop)
    }
  }

  /** False when passes have stopped: the process should be restarted. */
  alive(): boolean {
    return monotonic() - this.#lastPassMs < 10 * PASS_EVERY_MS
  }

  /** One pass, reported. */
  pass(): void {
    const start = monotonic()
    const pass = runPass(this.#parts.pieces)
    this.report(pass, monotonic() - start)
  }

  /** Counts a pass and logs what is new in it. */
  report(pass: Pass, ms: number): void {
    this.#lastPassMs = monotonic()
    logPass(this.#log, { applied: pass.applied, failures: [] })
    this.#failures.update(pass.failures)
    const { fleet } = this.#parts
    this.metrics.observePass(pass, ms, {
      states: fleet.states(),
      weights: fleet.weights(),
      allDown: fleet.allDown,
    })
  }

  /** Takes a verdict; acts at once on what it changes. True asks for a confirming probe. */
  judge(server: string, verdict: Verdict): boolean {
    const { fleet } = this.#parts
    const wasAllDown = fleet.allDown
    const { from, to, confirm } = fleet.record(server, verdict, monotonic())
    this.metrics.observeProbe(server, verdict)
    this.#logVerdict(server, verdict, from === to ? undefined : { from, to })
    if (fleet.allDown !== wasAllDown) this.#logAllDown()
    if (from !== to) {
      this.metrics.observeTransition(server, to)
      this.pass()
    }
    return confirm
  }

  #logVerdict(server: string, verdict: Verdict, change: object | undefined): void {
    const fields = { server, ...change, ...verdict }
    if (change === undefined) this.#log.debug(fields, 'server probed')
    else if (verdict.outcome === 'healthy') this.#log.info(fields, 'server state changed')
    else this.#log.warn(fields, 'server state changed')
    if (verdict.reason !== 'unauthorized' || this.#unauthorized.has(server)) return
    this.#unauthorized.add(server)
    this.#log.warn(
      { server, status: verdict.status },
      'server refuses anonymous health checks, its answer counts as healthy',
    )
  }

  #logAllDown(): void {
    const kept = Object.fromEntries(this.#parts.fleet.weights())
    if (this.#parts.fleet.allDown) this.#log.error({ kept }, 'no server is healthy, the last good set stays')
    else this.#log.info({ weights: kept }, 'a server is healthy again')
  }
}
