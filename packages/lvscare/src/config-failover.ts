import { parseDuration } from './duration.ts'
import { check, count, optional, usage } from './flag-check.ts'
import { type FlagValues, parseSwitch } from './flag-values.ts'
import { ALL_NAMESPACES, WEIGHTED_SCHEDULERS } from './flags.ts'

/** How fast the guard is, and what becomes of the connections of a server that is not in use any more. */
export interface FailoverConfig {
  /** Hold a connection to each server between probes, and act as soon as it ends. */
  readonly sentinel: boolean
  /** Whose connections to a server that is down are ended: nobody's, those of this namespace, those of every one. */
  readonly reset: 'off' | 'own' | 'all'
  /** After this time the connections to a drained server are ended too; `undefined`: never. */
  readonly drainTimeoutMs: number | undefined
  /** How long a server that comes back takes to get its full weight; `undefined`: it gets it at once. */
  readonly slowStartMs: number | undefined
  /** Connections that are ended in a second, at most, when a server is back; `undefined`: none. */
  readonly rebalance: number | undefined
}

/** Reads the flags; throws {@link UsageError}. */
export function failoverConfig(flags: FlagValues, scheduler: string): FailoverConfig {
  return {
    sentinel: flags.switch('sentinel'),
    reset: check(flags, 'reset-connections', reset),
    drainTimeoutMs: optional(flags, 'drain-timeout', parseDuration),
    slowStartMs: optional(flags, 'slow-start', (text) => slowStart(text, scheduler)),
    rebalance: rebalance(flags),
  }
}

function reset(text: string): FailoverConfig['reset'] {
  if (text === ALL_NAMESPACES) return 'all'
  const read = parseSwitch(text)
  if (read === undefined) throw new RangeError(`must be true, false or ${ALL_NAMESPACES}`)
  return read ? 'own' : 'off'
}

/** To the others a weight is nothing but more or less than 0, or something else altogether. */
function slowStart(text: string, scheduler: string): number {
  const ms = parseDuration(text)
  if (!WEIGHTED_SCHEDULERS.includes(scheduler))
    throw new RangeError(
      `needs --scheduler ${WEIGHTED_SCHEDULERS.join(', ')}: ${scheduler} does not go by weights`,
    )
  return ms
}

function rebalance(flags: FlagValues): number | undefined {
  const perSecond = optional(flags, 'rebalance', count)
  if (perSecond !== undefined && check(flags, 'reset-connections', reset) === 'off')
    throw usage(
      flags,
      'rebalance',
      String(perSecond),
      'ends connections, which --reset-connections=false forbids',
    )
  return perSecond
}
