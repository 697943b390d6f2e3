import type { Fleet } from './health/fleet.ts'
import type { Verdict } from './health/verdict.ts'
import type { Log } from './log.ts'
import { LogBudget, withLeftOut } from './log-budget.ts'
import type { Metrics } from './metrics.ts'
import type { CertificateInfo } from './probe/certificate.ts'
import { monotonic } from './time.ts'
import type { ServerView } from './view.ts'

/** What was last seen of one server. */
interface LastSeen {
  verdict: Verdict | undefined
  /** What brought it into its state. */
  cause: Verdict | undefined
  probeMs: number | undefined
  certificate: CertificateInfo | undefined
}

/** What a verdict led to. */
export interface Judgement {
  /** The server should be probed again at once, on a new connection. */
  readonly confirm: boolean
  /** The rule should be another one now. */
  readonly changed: boolean
}

/** Takes verdicts: into the fleet, the log and the metrics. */
export class VerdictBook {
  readonly #fleet: Fleet
  readonly #log: Log
  readonly #metrics: Metrics
  readonly #seen: Map<string, LastSeen>
  readonly #budget = new LogBudget()
  readonly #unauthorized = new Set<string>()
  readonly #inconclusive = new Set<string>()

  constructor(fleet: Fleet, log: Log, metrics: Metrics) {
    this.#fleet = fleet
    this.#log = log
    this.#metrics = metrics
    const nothing = { verdict: undefined, cause: undefined, probeMs: undefined, certificate: undefined }
    this.#seen = new Map([...fleet.states().keys()].map((server) => [server, { ...nothing }]))
  }

  /** Takes one verdict. */
  record(server: string, verdict: Verdict): Judgement {
    const nowMs = monotonic()
    const wasAllDown = this.#fleet.allDown
    const { from, to, confirm, failingMs } = this.#fleet.record(server, verdict, nowMs)
    this.#metrics.observeProbe(server, verdict)
    Object.assign(this.#of(server), { verdict, probeMs: nowMs })
    const change = from === to ? undefined : { from, to, failingMs: rounded(failingMs) }
    this.#logVerdict(server, verdict, this.#worthSaying(server, change, nowMs))
    if (this.#fleet.allDown !== wasAllDown) this.#logAllDown()
    if (from !== to) {
      this.#of(server).cause = verdict
      this.#metrics.observeTransition(server, to)
    }
    return { confirm, changed: from !== to }
  }

  /** Remembers what a server showed in a TLS handshake. */
  showCertificate(server: string, certificate: CertificateInfo): void {
    this.#of(server).certificate = certificate
  }

  /** What is known of every server, in the order in which they were given. */
  views(): ServerView[] {
    const weights = this.#fleet.weights()
    return [...this.#fleet.standings()].map(([server, standing]) => {
      const { verdict, cause, probeMs, certificate } = this.#of(server)
      const seen = { cause, lastVerdict: verdict, lastProbeMs: probeMs, certificate }
      return { server, ...standing, ...seen, wantedWeight: weights.get(server) }
    })
  }

  /** A server that comes and goes all the time changes too often to tell it each time. */
  #worthSaying(server: string, change: object | undefined, nowMs: number): object | undefined {
    if (change === undefined) return undefined
    const leftOut = this.#budget.take(server, nowMs)
    return leftOut === undefined ? undefined : withLeftOut(change, leftOut)
  }

  #logVerdict(server: string, verdict: Verdict, change: object | undefined): void {
    const fields = { server, ...change, ...verdict }
    if (change === undefined) this.#log.debug(fields, 'server probed')
    else if (verdict.outcome === 'healthy') this.#log.info(fields, 'server state changed')
    else this.#log.warn(fields, 'server state changed')
    this.#logUnauthorized(server, verdict)
    this.#logInconclusive(server, verdict)
  }

  /** Said once for each server. */
  #logUnauthorized(server: string, verdict: Verdict): void {
    if (verdict.reason !== 'unauthorized' || this.#unauthorized.has(server)) return
    this.#unauthorized.add(server)
    this.#log.warn(
      { server, status: verdict.status },
      'server refuses anonymous health checks, its answer counts as healthy',
    )
  }

  /** Said when it begins and when it is over. */
  #logInconclusive(server: string, verdict: Verdict): void {
    const was = this.#inconclusive.has(server)
    if (verdict.outcome === 'inconclusive' && !was) {
      this.#inconclusive.add(server)
      this.#log.error({ server, detail: verdict.detail }, 'server cannot be probed')
    } else if (verdict.outcome !== 'inconclusive' && was) {
      this.#inconclusive.delete(server)
      this.#log.info({ server }, 'server can be probed again')
    }
  }

  #logAllDown(): void {
    const weights = Object.fromEntries(this.#fleet.weights())
    if (!this.#fleet.allDown) this.#log.info({ weights }, 'a server is healthy again')
    else if (!this.#fleet.holds) this.#log.error({}, 'no server is healthy, the rule is empty')
    else this.#log.error({ kept: weights }, 'no server is healthy, the last good set stays')
  }

  #of(server: string): LastSeen {
    const found = this.#seen.get(server)
    if (found === undefined) throw new RangeError(`${server} is not a server of this rule`)
    return found
  }
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms)
}
