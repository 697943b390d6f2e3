import type { Fleet, Weights } from './health/fleet.ts'
import type { Change } from './health/member.ts'
import type { Verdict } from './health/verdict.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { CertificateInfo } from './probe/certificate.ts'
import type { SentinelView, Suspicion } from './probe/suspicion.ts'
import { monotonic } from './time.ts'
import { VerdictLog } from './verdict-log.ts'
import type { ServerView } from './view.ts'

/** What was last seen of one server. */
interface LastSeen {
  verdict: Verdict | undefined
  /** What brought it into its state. */
  cause: Verdict | undefined
  probeMs: number | undefined
  certificate: CertificateInfo | undefined
  suspicion: Suspicion | undefined
  /** Asked at every view. */
  sentinel: (() => SentinelView) | undefined
}

const NOTHING: LastSeen = {
  verdict: undefined,
  cause: undefined,
  probeMs: undefined,
  certificate: undefined,
  suspicion: undefined,
  sentinel: undefined,
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
  readonly #log: VerdictLog
  readonly #metrics: Metrics
  readonly #weights: () => Weights
  readonly #seen: Map<string, LastSeen>

  /** `weights`: what the rule is to have at this moment. */
  constructor(fleet: Fleet, log: Log, metrics: Metrics, weights: () => Weights) {
    this.#fleet = fleet
    this.#log = new VerdictLog(log)
    this.#metrics = metrics
    this.#weights = weights
    this.#seen = new Map([...fleet.states().keys()].map((server) => [server, { ...NOTHING }]))
  }

  /** Takes one verdict. */
  record(server: string, verdict: Verdict): Judgement {
    const nowMs = monotonic()
    const seen = this.#of(server)
    this.#metrics.observeProbe(server, verdict)
    Object.assign(seen, { verdict, probeMs: nowMs })
    return this.#follow(server, () => {
      const change = this.#fleet.record(server, verdict, nowMs)
      // One that says nothing leaves the suspicion as it is.
      if (verdict.outcome !== 'inconclusive') this.#endSuspicion(server, verdict.outcome === 'dead')
      if (change.from !== change.to) seen.cause = verdict
      this.#log.verdict(server, verdict, change, nowMs)
      return change
    })
  }

  /** Takes a suspicion: drained until the next verdict says what the server is. */
  suspect(server: string, suspicion: Suspicion): Judgement {
    const nowMs = monotonic()
    this.#of(server).suspicion = suspicion
    return this.#follow(server, () => {
      const change = this.#fleet.suspect(server, nowMs)
      this.#log.suspicion(server, suspicion, change, nowMs)
      return change
    })
  }

  /** The server that was suspected has answered after all. */
  clear(server: string): Judgement {
    const nowMs = monotonic()
    this.#endSuspicion(server, false)
    return this.#follow(server, () => {
      const change = this.#fleet.clear(server, nowMs)
      this.#log.cleared(server, change, nowMs)
      return change
    })
  }

  /** Remembers what a server showed in a TLS handshake. */
  showCertificate(server: string, certificate: CertificateInfo): void {
    this.#of(server).certificate = certificate
  }

  /** Remembers where to ask what the sentinel of a server does. */
  watchSentinel(server: string, sentinel: () => SentinelView): void {
    this.#of(server).sentinel = sentinel
  }

  /** What is known of every server, in the order in which they were given. */
  views(): ServerView[] {
    const weights = this.#weights()
    return [...this.#fleet.standings()].map(([server, { state, sinceMs, failingSinceMs }]) => {
      const { verdict: lastVerdict, probeMs: lastProbeMs, sentinel, ...seen } = this.#of(server)
      const standing = { state, sinceMs, failingSinceMs, wantedWeight: weights.get(server) }
      return { server, ...standing, ...seen, lastVerdict, lastProbeMs, sentinel: sentinel?.() }
    })
  }

  #follow(server: string, take: () => Change): Judgement {
    const wasAllDown = this.#fleet.allDown
    const { from, to, confirm } = take()
    if (this.#fleet.allDown !== wasAllDown) this.#log.allDown(this.#fleet)
    if (from !== to) this.#metrics.observeTransition(server, to)
    return { confirm, changed: from !== to }
  }

  #endSuspicion(server: string, confirmed: boolean): void {
    const seen = this.#of(server)
    if (seen.suspicion === undefined) return
    seen.suspicion = undefined
    this.#metrics.failover.observeSuspicion(server, confirmed)
  }

  #of(server: string): LastSeen {
    const found = this.#seen.get(server)
    if (found === undefined) throw new RangeError(`${server} is not a server of this rule`)
    return found
  }
}
