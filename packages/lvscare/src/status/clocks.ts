/** Tells when things happened that the monotonic clock has seen: both clocks are read at the same moment. */
export interface Clocks {
  readonly nowMs: number
  readonly wallMs: number
}

/** When something happened, as ISO 8601. */
export function timeOf(ms: number, { nowMs, wallMs }: Clocks): string {
  return isoTime(wallMs - (nowMs - ms))
}

/** How long ago it happened. */
export function secondsSince(ms: number, { nowMs }: Clocks): number {
  return rounded(Math.max(0, nowMs - ms) / 1000)
}

/** A Unix time in milliseconds as ISO 8601. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString()
}

/** To thousandths: more would only make the report long. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
