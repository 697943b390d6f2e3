import {
  judge,
  needsConfirmation,
  type ServerHealth,
  type State,
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
}

/** The memory of one server. Pure: time is a parameter. */
export class Member {
  /** When it was last good (up, or not judged yet), and with which weight. */
  lastGood: { readonly ms: number; readonly weight: number } | undefined
  #health: ServerHealth = UNKNOWN
  #sinceMs: number
  #failingSinceMs: number | undefined

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  get state(): State {
    return this.#health.state
  }

  get standing(): Standing {
    return { state: this.state, sinceMs: this.#sinceMs, failingSinceMs: this.#failingSinceMs }
  }

  /** Takes one verdict. */
  take(verdict: Verdict, thresholds: Thresholds, nowMs: number): Change {
    const from = this.state
    this.#health = judge(this.#health, verdict, thresholds)
    const to = this.state
    if (from !== to) this.#sinceMs = nowMs
    return {
      from,
      to,
      confirm: needsConfirmation(this.#health, verdict),
      failingMs: this.#failing(verdict, nowMs),
    }
  }

  /** Failing begins with the first verdict that is sick or dead, and ends when the server is up and healthy. */
  #failing({ outcome }: Verdict, nowMs: number): number | undefined {
    if (outcome === 'sick' || outcome === 'dead') this.#failingSinceMs ??= nowMs
    const since = this.#failingSinceMs
    if (outcome === 'healthy' && this.state === 'up') this.#failingSinceMs = undefined
    return since === undefined ? undefined : nowMs - since
  }
}
