import type { State } from '../health/server-health.ts'

/** What a probe saw; `null` for what this kind of answer does not have. */
export interface WhyReport {
  readonly outcome: string
  readonly reason: string
  /** The HTTP status. */
  readonly status: number | null
  /** What the socket, TLS or HTTP layer said. */
  readonly detail: string | null
}

/** The last probe of a server. */
export interface ProbeReport extends WhyReport {
  readonly time: string
  readonly ageSeconds: number
  /** How long it took. */
  readonly ms: number
}

/** What a server showed at its last TLS handshake. */
export interface CertificateReport {
  readonly expires: string
  /** Negative when it has expired. */
  readonly daysLeft: number
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
}

/** One real server. */
export interface ServerReport {
  readonly server: string
  /** False for a member of the kernel's rule that the guard does not want; `null` when no guard says. */
  readonly configured: boolean | null
  /** This and all the rest that a guard alone knows is `null` when none says. */
  readonly state: State | null
  /** What brought it into that state. */
  readonly why: WhyReport | null
  readonly since: string | null
  readonly sinceSeconds: number | null
  /** The first of its probes in a row that were not healthy. */
  readonly failingSince: string | null
  readonly failingSeconds: number | null
  readonly wantedWeight: number | null
  /** In the kernel; this and the counters are `null` for a server that is no member. */
  readonly weight: number | null
  readonly activeConnections: number | null
  readonly inactiveConnections: number | null
  readonly connectionsTotal: number | null
  readonly incomingPacketsTotal: number | null
  readonly outgoingPacketsTotal: number | null
  readonly incomingBytesTotal: number | null
  readonly outgoingBytesTotal: number | null
  readonly lastProbe: ProbeReport | null
  readonly certificate: CertificateReport | null
}

/** One piece of the path. */
export interface PieceReport {
  readonly piece: string
  readonly ok: boolean
  readonly error: string | null
  /** How often somebody else broke it and it was mended. */
  readonly repairs: number
}

/** The guard that says all this. */
export interface GuardReport {
  readonly version: string
  readonly pid: number
  /** The flags it was started with, without those that may hold secrets. */
  readonly flags: Readonly<Record<string, readonly string[]>>
  readonly started: string
  readonly uptimeSeconds: number
  /** It writes; false for one that stands by. */
  readonly active: boolean
  readonly alive: boolean
  readonly ready: boolean
}

/**
 * One virtual server, as `lvscare status --json` prints it and a guard tells it.
 *
 * Public: fields are added, never renamed, and always there. Times are ISO 8601, lengths of time seconds.
 */
export interface StatusReport {
  /** Who says so: the guard, or the kernel alone. */
  readonly source: 'guard' | 'kernel'
  readonly time: string
  readonly virtual: string
  readonly scheduler: string | null
  readonly mode: string | null
  readonly guard: GuardReport | null
  /** Why a guard that is there was not heard. */
  readonly guardError: string | null
  /** Why the kernel could not be read. */
  readonly kernelError: string | null
  readonly allDown: boolean | null
  readonly path: readonly PieceReport[]
  readonly servers: readonly ServerReport[]
}
