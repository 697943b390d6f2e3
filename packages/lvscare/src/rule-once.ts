import { Rtnetlink } from '@lvscare/netlink'
import { adoptFleet } from './adopt.ts'
import type { CareConfig } from './config.ts'
import { codeOf, IncompleteError } from './errors.ts'
import type { Fleet } from './health/fleet.ts'
import { RuleWeights } from './health/rule-weights.ts'
import { isGuarded } from './is-guarded.ts'
import { closeKernel, type Kernel, openIpvsIfAny, openKernel } from './kernel.ts'
import { type Failure, inspect, isEssential, type Pass, runPass, undoAll, withFailures } from './pass.ts'
import { buildPieces, leftoverPieces, piecesToClean } from './path/build.ts'
import { serviceKey } from './path/service.ts'
import type { Piece } from './path/step.ts'
import { monotonic } from './time.ts'

/** No later pass mends these: the operator has to. */
const TERMINAL_CODES = new Set([
  'ERR_IPVS_UNAVAILABLE',
  'ERR_IPVS_NO_PRIVILEGE',
  'ERR_IPVS_NO_SCHEDULER',
  'ERR_NETLINK_BINDING',
])

/** A stranger in our service costs two passes, drained and then deleted; the third finds nothing to do. */
const MAX_ONCE_PASSES = 3

/**
 * Sets the whole rule once, as `lvscare care --run-once` does: members keep their weight, who is missing is added, who is
 * foreign goes.
 *
 * What could not be done is in the result (see {@link requireComplete}); throws what no second try mends: no IPVS, no
 * privilege, no such scheduler.
 */
export function setRule(config: CareConfig): Pass {
  const kernel = openKernel()
  try {
    return firstPass({ ...config, runOnce: true }, kernel).first
  } finally {
    closeKernel(kernel)
  }
}

/**
 * Takes back everything that a guard of this virtual server may have made, in whatever mode.
 *
 * A kernel without IPVS has no rule of ours, but may have the rest. A guard that still runs sets everything again.
 */
export function cleanRule(config: CareConfig): Pass {
  const routes = Rtnetlink.open()
  try {
    const ipvs = openIpvsIfAny()
    try {
      return undoAll(piecesToClean(config, routes, ipvs))
    } finally {
      ipvs?.close()
    }
  } finally {
    routes.close()
  }
}

/** Throws {@link IncompleteError} when a part of a pass failed that the path cannot do without. */
export function requireComplete({ failures }: Pass): void {
  const errors = failures.filter(isEssential).map(({ error }) => error)
  if (errors.length > 0) throw new IncompleteError(errors)
}

/** What the first pass over the rule leaves to whoever goes on with it. */
export interface FirstPass {
  readonly fleet: Fleet
  readonly rule: RuleWeights
  readonly pieces: readonly Piece[]
  readonly first: Pass
  /** What other modes have left and could not be taken away yet. */
  readonly leftovers: readonly Piece[]
}

/** Adopts the members in the kernel and sets the rule; throws what no later pass mends. */
export function firstPass(config: CareConfig, kernel: Kernel): FirstPass {
  const fleet = adoptFleet(config, kernel)
  const rule = new RuleWeights(fleet, config.failover)
  const pieces = buildPieces(config, kernel, () => rule.at(monotonic()))
  const held = hasGuard(config)
  const stale = leftoverPieces(config, kernel.routes)
  const { first, left } = setRules(config, pieces, { held, leftovers: stale })
  const terminal = first.failures.find(isTerminal)
  if (terminal !== undefined) {
    // A route to a service that does not exist would only turn a leak into a refusal; a service that does stays as it is.
    if (!held && kernel.ipvs.service(serviceKey(config.virtual)) === undefined) undoAll(pieces)
    throw terminal.error
  }
  return { fleet, rule, pieces, first, leftovers: left }
}

/** When it cannot be found out, this guard goes on as if it were the only one: a rule too much kept is better than none. */
export function hasGuard({ virtual }: CareConfig): boolean {
  try {
    return isGuarded(virtual.text)
  } catch {
    return false
  }
}

/** What other modes may have left, and whether another guard has the rules in its care. */
interface Circumstances {
  readonly held: boolean
  readonly leftovers: readonly Piece[]
}

/**
 * Sets the rules, and then takes away what other modes have `left`; a second guard only looks, and keeps that for later.
 *
 * `--run-once` sets them all the same: whoever waits for the rules must not depend on a guard that hangs.
 */
function setRules(
  { runOnce }: CareConfig,
  pieces: readonly Piece[],
  { held, leftovers }: Circumstances,
): { first: Pass; left: readonly Piece[] } {
  const pass = (): Pass => (runOnce ? passUntilQuiet(pieces) : runPass(pieces))
  const first = held && !runOnce ? inspect(pieces) : pass()
  // Whoever cannot set the rules must not take another way away, and whoever has none in its care neither.
  if (held || first.failures.some(isTerminal)) return { first, left: leftovers }
  const stale = undoAll(leftovers)
  const left = withFailures(leftovers, stale.failures)
  if (stale.applied.length === 0) return { first: both(first, stale), left }
  // What they were in the way of works now.
  return { first: both({ applied: first.applied, failures: [] }, both(stale, pass())), left }
}

function isTerminal({ error }: Failure): boolean {
  return TERMINAL_CODES.has(codeOf(error) ?? '')
}

function passUntilQuiet(pieces: readonly Piece[]): Pass {
  const applied = []
  for (let passes = 1; ; passes += 1) {
    const pass = runPass(pieces)
    applied.push(...pass.applied)
    if (pass.applied.length === 0 || pass.failures.some(isEssential) || passes >= MAX_ONCE_PASSES)
      return { ...pass, applied }
  }
}

function both(a: Pass, b: Pass): Pass {
  return { applied: [...a.applied, ...b.applied], failures: [...a.failures, ...b.failures] }
}
