import type { Verdict } from './verdict.ts'

/**
 * What the verdicts on one server add up to.
 *
 * `unknown`: no verdict yet. `up`: gets new connections. `draining`: weight 0, its connections stay.
 * `down`: not a member of the rule.
 */
export type State = 'unknown' | 'up' | 'draining' | 'down'

/** Every state, in the order in which docs and metrics list them. */
export const STATES: readonly State[] = ['unknown', 'up', 'draining', 'down']

/** How many verdicts in a row it takes. */
export interface Thresholds {
  /** Healthy verdicts until a server that was not up is up again. */
  readonly rise: number
  /** Sick verdicts until a server is drained; a dead one is drained at once. */
  readonly fall: number
  /** True for a server that was not in use when the guard began: its first healthy verdict counts like any other. */
  readonly wasOut?: boolean
}

/** The memory of one server: what it is, and how far it is from being something else. */
export interface ServerHealth {
  readonly state: State
  /** Healthy verdicts in a row. */
  readonly healthy: number
  /** Verdicts in a row that were not healthy. */
  readonly unhealthy: number
  /** Dead verdicts in a row; a suspicion counts as the first. */
  readonly dead: number
  /** What it was until it was suspected; `undefined`: it is not. */
  readonly suspectedFrom: State | undefined
}

/** A server nobody has probed yet. */
export const UNKNOWN: ServerHealth = {
  state: 'unknown',
  healthy: 0,
  unhealthy: 0,
  dead: 0,
  suspectedFrom: undefined,
}

type Conclusive = Exclude<Verdict, { outcome: 'inconclusive' }>

/** Dead verdicts in a row that make a server `down`: the first one drains, the confirming one removes. */
const DEAD_TO_BE_DOWN = 2

/** The server's health after one more verdict; the same object where that says nothing. Pure: no clock, no I/O. */
export function judge(before: ServerHealth, verdict: Verdict, thresholds: Thresholds): ServerHealth {
  if (verdict.outcome === 'inconclusive') return before
  const settled = withoutSuspicion(before)
  const counted = count(settled, verdict)
  return { ...counted, state: nextState(settled.state, counted, verdict, thresholds) }
}

/** The server's health when its sentinel suspects it: drained, until the next verdict says what it is. */
export function suspect(before: ServerHealth): ServerHealth {
  if (before.state === 'down' || before.suspectedFrom !== undefined) return before
  return { ...before, state: 'draining', dead: Math.max(1, before.dead), suspectedFrom: before.state }
}

/** The server's health when it was suspected and answered after all: as before. */
export function clear(before: ServerHealth): ServerHealth {
  return before.suspectedFrom === undefined ? before : { ...withoutSuspicion(before), dead: 0 }
}

/**
 * True when the verdict asks for a confirming probe at once: dead, and not yet acted on in full. `after` is the health
 * with it. One that says nothing is no reason to hurry: what this node lacks it will still lack.
 */
export function needsConfirmation(after: ServerHealth, { outcome }: Verdict): boolean {
  return outcome === 'dead' && after.state !== 'down'
}

function withoutSuspicion(health: ServerHealth): ServerHealth {
  const { state, suspectedFrom } = health
  return { ...health, state: suspectedFrom ?? state, suspectedFrom: undefined }
}

function count(before: ServerHealth, { outcome }: Conclusive): ServerHealth {
  if (outcome === 'healthy') return { ...before, healthy: before.healthy + 1, unhealthy: 0, dead: 0 }
  const dead = outcome === 'dead' ? before.dead + 1 : 0
  return { ...before, healthy: 0, unhealthy: before.unhealthy + 1, dead }
}

function nextState(
  state: State,
  counts: ServerHealth,
  verdict: Conclusive,
  { rise, fall, wasOut = false }: Thresholds,
): State {
  switch (verdict.outcome) {
    case 'healthy':
      return (state === 'unknown' && !wasOut) || counts.healthy >= rise ? 'up' : state
    case 'sick':
      // A server that left the rule stays out of it until it is healthy: weight 0 would be no use to anybody.
      return state === 'down' || counts.unhealthy < fall ? state : 'draining'
    case 'dead':
      return state === 'down' || counts.dead >= DEAD_TO_BE_DOWN ? 'down' : 'draining'
    default:
      return verdict satisfies never
  }
}
