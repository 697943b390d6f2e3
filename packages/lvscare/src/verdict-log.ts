import type { Fleet } from './health/fleet.ts'
import type { Change } from './health/member.ts'
import type { Verdict } from './health/verdict.ts'
import type { Log } from './log.ts'
import { LogBudget, withLeftOut } from './log-budget.ts'
import type { Suspicion } from './probe/suspicion.ts'

/** Says what verdicts and suspicions led to, and no more often than anybody reads. */
export class VerdictLog {
  readonly #log: Log
  readonly #budget = new LogBudget()
  readonly #unauthorized = new Set<string>()
  readonly #inconclusive = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** A verdict, and what it changed at a monotonic time in milliseconds. */
  verdict(server: string, verdict: Verdict, change: Change, nowMs: number): void {
    const fields = { server, ...this.#worthSaying(server, change, nowMs), ...verdict }
    if (!('to' in fields)) this.#log.debug(fields, 'server probed')
    else if (verdict.outcome === 'healthy') this.#log.info(fields, 'server state changed')
    else this.#log.warn(fields, 'server state changed')
    this.#unauthorizedOnce(server, verdict)
    this.#inconclusiveOnce(server, verdict)
  }

  /** A suspicion, and what it changed. */
  suspicion(server: string, suspicion: Suspicion, change: Change, nowMs: number): void {
    const fields = { server, ...this.#worthSaying(server, change, nowMs), outcome: 'suspected', ...suspicion }
    if ('to' in fields) this.#log.warn(fields, 'server state changed')
    else this.#log.debug(fields, 'server suspected')
  }

  /** A suspicion that the server itself has cleared. */
  cleared(server: string, change: Change, nowMs: number): void {
    const fields = { server, ...this.#worthSaying(server, change, nowMs), outcome: 'cleared' }
    if ('to' in fields) this.#log.info(fields, 'server state changed')
    else this.#log.debug(fields, 'server suspected no more')
  }

  /** No server is healthy, or one is again. */
  allDown(fleet: Fleet): void {
    const weights = Object.fromEntries(fleet.weights())
    if (!fleet.allDown) this.#log.info({ weights }, 'a server is healthy again')
    else if (!fleet.holds) this.#log.error({}, 'no server is healthy, the rule is empty')
    else this.#log.error({ kept: weights }, 'no server is healthy, the last good set stays')
  }

  /** A server that comes and goes all the time changes too often to tell it each time. */
  #worthSaying(server: string, { from, to, failingMs }: Change, nowMs: number): object {
    const leftOut = from === to ? undefined : this.#budget.take(server, nowMs)
    return leftOut === undefined ? {} : withLeftOut({ from, to, failingMs: rounded(failingMs) }, leftOut)
  }

  /** Said once for each server. */
  #unauthorizedOnce(server: string, verdict: Verdict): void {
    if (verdict.reason !== 'unauthorized' || this.#unauthorized.has(server)) return
    this.#unauthorized.add(server)
    this.#log.warn(
      { server, status: verdict.status },
      'server refuses anonymous health checks, its answer counts as healthy',
    )
  }

  /** Said when it begins and when it is over. */
  #inconclusiveOnce(server: string, verdict: Verdict): void {
    const was = this.#inconclusive.has(server)
    if (verdict.outcome === 'inconclusive' && !was) {
      this.#inconclusive.add(server)
      this.#log.error({ server, detail: verdict.detail }, 'server cannot be probed')
    } else if (verdict.outcome !== 'inconclusive' && was) {
      this.#inconclusive.delete(server)
      this.#log.info({ server }, 'server can be probed again')
    }
  }
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms)
}
