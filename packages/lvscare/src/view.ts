import type { State } from './health/server-health.ts'
import type { Verdict } from './health/verdict.ts'
import type { PieceName } from './path/step.ts'
import type { CertificateInfo } from './probe/certificate.ts'
import type { SentinelView, Suspicion } from './probe/suspicion.ts'

/** What the guard knows about one real server. Times are milliseconds of the monotonic clock. */
export interface ServerView {
  /** Its endpoint text. */
  readonly server: string
  readonly state: State
  /** When it came into that state. */
  readonly sinceMs: number
  /** The verdict that brought it into that state; `undefined` while it is unknown. */
  readonly cause: Verdict | undefined
  /** Why its sentinel suspects it, while it is drained only because of that. */
  readonly suspicion: Suspicion | undefined
  /** What its sentinel does; `undefined` where there is none. */
  readonly sentinel: SentinelView | undefined
  /** When the first of its verdicts in a row that were not healthy came; `undefined` for a server that is fine. */
  readonly failingSinceMs: number | undefined
  /** The weight the rule should have for it; `undefined`: it should be no member. */
  readonly wantedWeight: number | undefined
  readonly lastVerdict: Verdict | undefined
  readonly lastProbeMs: number | undefined
  /** What the server showed at its last TLS handshake. */
  readonly certificate: CertificateInfo | undefined
}

/** What the guard knows about one piece of the path. */
export interface PieceView {
  readonly piece: PieceName
  /** The last pass found it true, or made it so. */
  readonly ok: boolean
  /** What went wrong in the last pass. */
  readonly error: string | undefined
  /** How often somebody else broke it and it was mended, since the start. */
  readonly repairs: number
}

/** Everything the running guard knows at one moment: metrics, status and readiness are made of nothing else. */
export interface GuardView {
  /** Monotonic time of this view, in milliseconds. */
  readonly nowMs: number
  readonly startedMs: number
  /** True for the one guard of the virtual server that writes; others stand by. */
  readonly active: boolean
  /** Passes go on. */
  readonly alive: boolean
  /** The path is true: every piece is ok after a recent pass. */
  readonly ready: boolean
  readonly allDown: boolean
  readonly servers: readonly ServerView[]
  readonly pieces: readonly PieceView[]
}
