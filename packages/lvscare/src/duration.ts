const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A day. Beyond 2^31 - 1 ms (24.8 days) Node's timers fire at once, so there must be room for whatever is added. */
const MAX_MS = 24 * 3_600_000

/** Milliseconds of `5` (seconds), `500ms`, `1.5s` or `1m30s`; throws RangeError when it is not above 0. */
export function parseDuration(text: string): number {
  const ms = plainSeconds(text) ?? withUnits(text)
  if (ms === undefined) throw new RangeError('must be seconds or a duration such as 500ms, 5s or 1m30s')
  if (ms < 1) throw new RangeError('must be at least 1ms')
  if (ms > MAX_MS) throw new RangeError('must be at most 24h')
  return Math.round(ms)
}

function plainSeconds(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : undefined
}

function withUnits(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined
  let ms = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(count) * (UNIT_MS[unit] ?? 0)
  }
  return ms
}
