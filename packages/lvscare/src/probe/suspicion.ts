import { codeOf, messageOf } from '../errors.ts'

/** Every {@link SuspicionReason}. */
export const SUSPICION_REASONS = ['closed', 'reset', 'timeout', 'unreachable', 'unanswered'] as const

/**
 * Why a server is suspected. `closed`: it ended the connection (FIN). `reset`: RST. `timeout`: what was sent was not
 * acknowledged in time (ETIMEDOUT). `unreachable`: the network says so. `unanswered`: a PING was not answered in time.
 */
export type SuspicionReason = (typeof SUSPICION_REASONS)[number]

/** What the sentinel saw between two probes: a reason to drain a server at once, and to probe it. */
export interface Suspicion {
  readonly reason: SuspicionReason
  /** What the socket said, on one line. */
  readonly detail: string
}

/** How a {@link Suspicion} ended. `inconclusive`: this node lacked something itself, and nothing was learned. */
export type SuspicionResult = 'confirmed' | 'false' | 'inconclusive'

/** What the sentinel of one server is doing, for metrics and status. */
export interface SentinelView {
  /** `http2`: PINGs; `tls` or `tcp`: the bare connection is watched; `none`: no connection is held at this moment. */
  readonly watches: 'http2' | 'tls' | 'tcp' | 'none'
  /** How much longer than usual it waits before it suspects, in milliseconds, because suspicions proved false. */
  readonly waitMs: number
}

/** What a socket says when the other side or the network has ended it. */
const REASONS: Record<string, SuspicionReason> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
}

/** The suspicion that the error of a socket gives; none where it was ended here. */
export function suspicionOf(error: unknown): Suspicion | undefined {
  const known = REASONS[codeOf(error) ?? '']
  return known === undefined ? undefined : { reason: known, detail: messageOf(error) }
}
