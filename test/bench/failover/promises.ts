import type { Result } from '../stats.ts'
import { type FailoverData, MEASURES, type Measure, spread, type Time } from './data.ts'
import { FAULTS } from './faults.ts'

/** What the guard promises with its defaults, in milliseconds: the worst of all rounds. */
const PROMISED: Readonly<Record<string, Readonly<Partial<Record<Measure, number>>>>> = {
  killed: { out: 500, idle: 700, active: 700 },
  unplugged: { out: 3000, idle: 4000, active: 4000 },
  // One interval.
  sick: { out: 5000 },
  stopped: { out: 3500, idle: 4500, active: 4500 },
  second: { out: 500, idle: 700, active: 700 },
}

/** The promises of the guard, against what was measured. */
export function promises({ results }: FailoverData): Result[] {
  return Object.entries(results['guard'] ?? {}).flatMap(([fault, measures]) =>
    Object.entries(PROMISED[fault] ?? {}).flatMap(([name, promised]) => {
      const measure = name as Measure
      const found = spread(measures[measure])
      if (found === undefined) return []
      const worst = msOf(found.worst)
      return [
        {
          what: `failover, ${titleOf(fault)}: ${MEASURES[measure]}, the worst of ${measures[measure]?.length}`,
          ours: Number.isFinite(worst) ? `${worst} ms` : 'never',
          rival: `${promised} ms`,
          ratio: worst / promised,
          rule: 'at most',
          target: 1,
        } as const,
      ]
    }),
  )
}

function titleOf(fault: string): string {
  return FAULTS.find(({ name }) => name === fault)?.title ?? fault
}

/** Where a dead server's own kernel ends its connections, nobody can be ahead. */
const BY_ITS_KERNEL = new Set(['killed', 'second'])
const PEERS = ['keepalived', 'haproxy']

/** Every row in which a peer's worst is better than the guard's, as a line each. */
export function behind({ results }: FailoverData): string[] {
  return FAULTS.flatMap(({ name: fault, title, isDrain }) =>
    (Object.keys(MEASURES) as Measure[]).flatMap((measure) => {
      const isOwn = measure === 'idle' || measure === 'active'
      if (isOwn && (isDrain || BY_ITS_KERNEL.has(fault))) return []
      const of = (name: string): number => msOf(spread(results[name]?.[fault]?.[measure])?.worst)
      return PEERS.filter((peer) => of(peer) < of('guard')).map(
        (peer) => `${title}, ${MEASURES[measure]}: ${of('guard')} ms, ${peer} ${of(peer)} ms`,
      )
    }),
  )
}

function msOf(time: Time | undefined): number {
  return typeof time === 'number' ? time : Number.POSITIVE_INFINITY
}
