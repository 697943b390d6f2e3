import { setTimeout as delay } from 'node:timers/promises'
import { type Contestant, type Guarding, rotation } from './contestants.ts'
import type { Round, Time } from './data.ts'
import type { Fault, Field } from './faults.ts'
import { Newcomers } from './newcomers.ts'
import { Stream } from './streams.ts'

const LOOK_EVERY_MS = 20

/** Longer than anybody takes who will come to it at all. */
const OUT_LIMIT_MS = 25_000
const BACK_LIMIT_MS = 40_000
const FLUSH_LIMIT_MS = 5000

/** How much longer than its server is in rotation a connection may hang before it is said to hang for ever. */
const STREAM_LIMIT_MS = 8000
const DRAIN_LIMIT_MS = 2000

/** Once a server is out no newcomer should fail; whoever does is seen within this time. */
const QUIET_MS = 1500

/** Everything a round needs. */
export interface Setting {
  readonly field: Field
  readonly contestant: Contestant
  readonly guarding: Guarding
  readonly fault: Fault
}

/** One fault, from the healthy state to the healthy state. */
export async function play(setting: Setting): Promise<Round> {
  const { field, contestant, guarding, fault } = setting
  await everybodyIn(field, guarding, fault.absent)
  const streams = await Stream.open(new Set(fault.victims))
  const newcomers = new Newcomers()
  try {
    // At any moment between two probes.
    await delay(500 + contestant.intervalMs * Math.random())
    const round = fault.victims.length === 0 ? {} : await struck(setting, streams, newcomers)
    await (fault.victims.length === 0 ? fault.strike(field) : fault.mend(field))
    const limitMs = fault.victims.length === 0 ? FLUSH_LIMIT_MS : BACK_LIMIT_MS
    const back = await within(limitMs, performance.now(), () => isWhole(field, guarding, fault.absent))
    return { ...round, back }
  } finally {
    for (const stream of streams) stream.close()
    await newcomers.stop()
  }
}

/** Waits until every server, or every one but the absent one, is in rotation. */
export async function everybodyIn(field: Field, guarding: Guarding, absent?: string): Promise<void> {
  const back = await within(BACK_LIMIT_MS, performance.now(), () => isWhole(field, guarding, absent))
  if (back === null) throw new Error('the servers do not come into rotation')
}

/** When none of these hosts is in rotation any more, in milliseconds after `since`; `null`: not within the limit. */
export function goneFrom(
  { field, guarding }: Setting,
  since: number,
  names: readonly string[],
): Promise<number | null> {
  const servers = field.endpoints(names)
  return within(OUT_LIMIT_MS, since, async () => {
    const serving = await rotation(guarding)
    return !servers.some((server) => serving.has(server))
  })
}

async function struck(setting: Setting, streams: readonly Stream[], newcomers: Newcomers): Promise<Round> {
  const { field, fault } = setting
  const start = performance.now()
  const [out] = await Promise.all([goneFrom(setting, start, fault.victims), fault.strike(field)])
  const limitMs = fault.isDrain ? DRAIN_LIMIT_MS : STREAM_LIMIT_MS
  await within(limitMs, performance.now(), () => streams.every(({ endedAt }) => endedAt !== undefined))
  await delay(Math.max(0, start + (out ?? 0) + QUIET_MS - performance.now()))
  return {
    out,
    newcomers: Math.round(Math.max(0, (newcomers.lastFailedAt ?? start) - start)),
    idle: lastEnd(start, streams, 'idle'),
    active: lastEnd(start, streams, 'active'),
  }
}

/** When the last of a kind had ended. An idle one works as well as the active one beside it: nobody can tell. */
function lastEnd(start: number, streams: readonly Stream[], kind: 'idle' | 'active'): Time {
  const those = streams.filter(({ isActive }) => isActive === (kind === 'active'))
  const last = Math.max(...those.map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY)) - start
  if (Number.isFinite(last)) return Math.round(last)
  return streams.some(({ works }) => works) ? 'works' : null
}

async function isWhole(field: Field, guarding: Guarding, absent?: string): Promise<boolean> {
  const serving = await rotation(guarding)
  return field.endpointsBut(absent).every((server) => serving.has(server))
}

/** Milliseconds from `since` until it holds; `null` when it does not within the limit, from now. */
async function within(
  limitMs: number,
  since: number,
  holds: () => boolean | Promise<boolean>,
): Promise<number | null> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) return null
    await delay(LOOK_EVERY_MS)
  }
  return Math.round(performance.now() - since)
}
