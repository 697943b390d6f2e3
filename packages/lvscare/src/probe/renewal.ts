/** What is known of a connection that is kept; both times in milliseconds. */
export interface Age {
  /** Unix time at which the certificate ends that the server showed on it; `undefined`: without TLS. */
  readonly expiresMs: number | undefined
  /** Unix time of its handshake. */
  readonly madeMs: number
}

/** The certificate is about to end: by now it should have been renewed. */
const ABOUT_MS = 30 * 24 * 3_600_000

/** So often is looked whether it was. */
const LOOK_MS = 3_600_000

/**
 * True when a kept connection should give way to a new one, because of the certificate that it was made with.
 *
 * A connection goes on working when new ones fail because the certificate has ended, and does not see that it was
 * renewed. So a new one is made at the moment at which the certificate ends, and once an hour while that is less than
 * thirty days away, or over. Otherwise a connection is kept for as long as it lives: each handshake costs the server
 * more than a thousand PINGs. What else changes in a server's certificate is seen when the server is restarted, for
 * that ends the connection; our own trust is compared with each probe.
 */
export function isDueForRenewal({ expiresMs, madeMs }: Age, nowMs: number): boolean {
  if (expiresMs === undefined) return false
  if (madeMs < expiresMs && nowMs >= expiresMs) return true
  // The clock may have been set back: then the age is unknown, and a look does no harm.
  return nowMs >= expiresMs - ABOUT_MS && Math.abs(nowMs - madeMs) >= LOOK_MS
}
