import {
  clear,
  judge,
  needsConfirmation,
  type ServerHealth,
  type State,
  suspect,
  type Thresholds,
  UNKNOWN,
} from './server-health.ts'
import type { Verdict } from './verdict.ts'

/** What one verdict changed. */
export interface Change {
  readonly from: State
  readonly to: State
  /** The server should be probed again at once, on a new connection. */
  readonly confirm: boolean
  /** How long it has been failing, or had been until now; `undefined` for a server that was fine and is. */
  readonly failingMs: number | undefined
}

/** What the verdicts on one server add up to, and since when. Times are monotonic milliseconds. */
export interface Standing {
  readonly state: State
  readonly sinceMs: number
  /** When the first verdict that was not healthy came since the server was last up; `undefined` when it is fine. */
  readonly failingSinceMs: number | undefined
  /** Drained only because its sentinel suspects it. */
  readonly suspected: boolean
  /** When it last came back from having been drained or down; `undefined`: it never was. */
  readonly returnedMs: number | undefined
  /** It said that it is not ready before it stopped answering: it stops because somebody wants it to. */
  readonly planned: boolean
}

/** The memory of one server. Pure: time is a parameter. */
export class Member {
  /** When it was last good (up, or not judged yet), and with which weight. */
  lastGood: { readonly ms: number; readonly weight: number } | undefined
  #health: ServerHealth = UNKNOWN
  #sinceMs: number
  #failingSinceMs: number | undefined
  #returnedMs: number | undefined
  #notReady = false

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  get state(): State {
    return this.#health.state
  }

  get standing(): Standing {
    return {
      state: this.state,
      sinceMs: this.#sinceMs,
      failingSinceMs: this.#failingSinceMs,
      suspected: this.#health.suspectedFrom !== undefined,
      returnedMs: this.#returnedMs,
      planned: this.#notReady,
    }
  }

  /** Takes one verdict. */
  take(verdict: Verdict, thresholds: Thresholds, nowMs: number): Change {
    const settled = this.#health.suspectedFrom ?? this.state
    const change = this.#become(judge(this.#health, verdict, thresholds), nowMs)
    if (change.to === 'up' && (settled === 'draining' || settled === 'down')) this.#returnedMs = nowMs
    this.#notReady = isPlanned(this.#notReady, verdict)
    const confirm = needsConfirmation(this.#health, verdict)
    return { ...change, confirm, failingMs: this.#failing(verdict, nowMs) }
  }

  /** Its sentinel suspects it. */
  suspect(nowMs: number): Change {
    const change = this.#become(suspect(this.#health), nowMs)
    this.#failingSinceMs ??= nowMs
    return { ...change, confirm: false, failingMs: nowMs - this.#failingSinceMs }
  }

  /** It was suspected, and answered after all. */
  clear(nowMs: number): Change {
    const change = this.#become(clear(this.#health), nowMs)
    const since = this.#failingSinceMs
    if (this.state !== 'draining' && this.#health.unhealthy === 0) this.#failingSinceMs = undefined
    return { ...change, confirm: false, failingMs: since === undefined ? undefined : nowMs - since }
  }

  #become(health: ServerHealth, nowMs: number): { readonly from: State; readonly to: State } {
    const from = this.state
    this.#health = health
    if (from !== this.state) this.#sinceMs = nowMs
    return { from, to: this.state }
  }

  /** Failing begins with the first verdict that is sick or dead, and ends when the server is up and healthy. */
  #failing({ outcome }: Verdict, nowMs: number): number | undefined {
    if (outcome === 'sick' || outcome === 'dead') this.#failingSinceMs ??= nowMs
    const since = this.#failingSinceMs
    if (outcome === 'healthy' && this.state === 'up') this.#failingSinceMs = undefined
    return since === undefined ? undefined : nowMs - since
  }
}

/**
 * A server that says it is not ready is about to stop (or to start). That it then refuses connections is what it has
 * announced; that nothing is heard of it any more is not, and those who are connected to it must not wait.
 */
function isPlanned(before: boolean, verdict: Verdict): boolean {
  switch (verdict.outcome) {
    case 'sick':
      return before || verdict.reason === 'not-ready'
    case 'dead':
      return before && (verdict.reason === 'refused' || verdict.reason === 'reset')
    case 'healthy':
      return false
    case 'inconclusive':
      return before
    default:
      return verdict satisfies never
  }
}
