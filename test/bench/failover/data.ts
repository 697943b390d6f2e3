/** What is measured of a fault, in the order of the rows. */
export const MEASURES = {
  out: 'out of rotation',
  newcomers: 'last failed new connection',
  idle: 'idle connection ended',
  active: 'active connection ended',
  back: 'back in rotation',
} as const

/** See {@link MEASURES}. */
export type Measure = keyof typeof MEASURES

/** Milliseconds; `null`: never, as far as was waited; `works`: neither, for a connection that goes on as before. */
export type Time = number | 'works' | null

/** One round. What is absent cannot be measured. */
export type Round = Readonly<Partial<Record<Measure, Time>>>

/** All that was measured, as docs/failover.json has it. */
export interface FailoverData {
  readonly taken: string
  readonly linux: string
  readonly node: string
  /** By contestant, fault and measure: of each round, sorted, the worst last. */
  readonly results: Readonly<Record<string, Readonly<Record<string, Measured>>>>
}

/** By measure, from the quickest to the slowest. */
export type Measured = Readonly<Partial<Record<Measure, readonly Time[]>>>

/** The middle and the slowest. */
export interface Spread {
  readonly median: Time
  readonly worst: Time
}

/** All rounds of one contestant and fault. */
export function measured(rounds: readonly Round[]): Measured {
  const entries = Object.keys(MEASURES).flatMap((name) => {
    const values = rounds.map((round) => round[name as Measure]).filter((value) => value !== undefined)
    return values.length === 0 ? [] : [[name, values.sort(byTime)] as const]
  })
  return Object.fromEntries(entries)
}

/** `undefined` where there is nothing. */
export function spread(sorted: readonly Time[] | undefined): Spread | undefined {
  if (sorted === undefined || sorted.length === 0) return undefined
  // Of an even number the later one: no mean of a time and never.
  return { median: sorted[sorted.length >> 1] ?? null, worst: sorted.at(-1) ?? null }
}

/** With a line for each measure, as the formatter would have it. */
export function toJson(data: FailoverData): string {
  const wide = JSON.stringify(data, undefined, 2)
  return `${wide.replace(/\[[^\]]*\]/g, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`
}

function byTime(a: Time, b: Time): number {
  return rank(a) - rank(b)
}

/** A connection that works is worse than one that ends in time, where its server is dead, and better than one that hangs. */
function rank(time: Time): number {
  if (time === 'works') return Number.MAX_SAFE_INTEGER - 1
  return time ?? Number.MAX_SAFE_INTEGER
}
