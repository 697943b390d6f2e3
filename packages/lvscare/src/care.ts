import { isatty } from 'node:tty'
import { Rtnetlink, setTcpUserTimeout } from '@lvscare/netlink'
import { adoptFleet } from './adopt.ts'
import { KernelClients } from './clients/kernel-clients.ts'
import { type CareConfig, namesFiles } from './config.ts'
import { codeOf, IncompleteError, messageOf } from './errors.ts'
import { RuleWeights } from './health/rule-weights.ts'
import { isGuarded } from './is-guarded.ts'
import { closeKernel, hasKubeProxyTable, type Kernel, openIpvsIfAny, openKernel } from './kernel.ts'
import type { Log, LogStream } from './log.ts'
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
 * `lvscare care`: sets the rules, and unless told otherwise guards them until SIGTERM or SIGINT.
 *
 * Rejects with what the operator must know: no IPVS, no privilege, no such scheduler, and in the modes that do one
 * thing and exit also everything that could not be done.
 */
export async function runCare(config: CareConfig): Promise<void> {
  // Before anything else: a stop while the rules are being set must leave them set.
  const stop = stopSignal()
  if (config.clean) return await clean(config)
  // Files that cannot be used are a mistake on the command line, and such a one changes nothing.
  if (!config.runOnce && namesFiles(config.health)) (await import('./runtime.ts')).loadTrust(config.health)
  const kernel = openKernel()
  try {
    await setAndGuard(config, kernel, stop)
  } finally {
    closeKernel(kernel)
  }
}

/** Takes everything back; a kernel without IPVS has no rule of ours, but may have the rest. */
async function clean(config: CareConfig): Promise<void> {
  const routes = Rtnetlink.open()
  try {
    const ipvs = openIpvsIfAny()
    const pass = undoAll(piecesToClean(config, routes, ipvs))
    ipvs?.close()
    const log = await openLog(config)
    if (hasGuard(config)) log.warn({}, 'a guard still runs and sets the rule again: stop it first')
    await finish(log, pass)
  } finally {
    routes.close()
  }
}

async function setAndGuard(config: CareConfig, kernel: Kernel, stop: AbortSignal): Promise<void> {
  const fleet = adoptFleet(config, kernel)
  const rule = new RuleWeights(fleet, config.failover)
  const pieces = buildPieces(config, kernel, () => rule.at(monotonic()))
  const leftovers = leftoverPieces(config, kernel.routes)
  const held = hasGuard(config)
  const { first, left } = setRules(config, pieces, { held, leftovers })
  const terminal = first.failures.find(isTerminal)
  if (terminal !== undefined) {
    // A route to a service that does not exist would only turn a leak into a refusal; a service that does stays as it is.
    if (!held && kernel.ipvs.service(serviceKey(config.virtual)) === undefined) undoAll(pieces)
    throw terminal.error
  }
  const log = await openLog(config)
  if (config.runOnce) return await finish(log, first)
  // Only now, with the rules in the kernel, is there time to load an HTTP client, a logger and metrics.
  const { guard } = await import('./runtime.ts')
  // Handed over, because the late part would bring its own copy of all that speaks to the kernel.
  const members = () => kernel.ipvs.destinations(serviceKey(config.virtual))
  const looked = {
    members,
    routes: kernel.routes,
    clients: openClients(config, log),
    limitSilence: setTcpUserTimeout,
    hasKubeProxyTable,
    isGuarded,
  }
  await guard({ config, fleet, rule, pieces, leftovers: left, first, kernel: looked, log }, stop)
}

/** Who is connected through the virtual service, unless connections are to be left alone. */
function openClients({ virtual, failover }: CareConfig, log: Log): KernelClients | undefined {
  const { reset: namespaces } = failover
  if (namespaces === 'off') return undefined
  const onSkipped = (error: unknown): void =>
    log.warn({ error: messageOf(error) }, 'connections of other namespaces cannot be ended')
  const onLost = (error: unknown): void => {
    log.error({ error: messageOf(error) }, 'cannot come back from another network namespace')
    // Started again it is where it belongs; going on it would set its rules over there.
    process.exit(1)
  }
  return new KernelClients({ virtual, namespaces, onSkipped, onLost })
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

/** When it cannot be found out, this guard goes on as if it were the only one: a rule too much kept is better than none. */
function hasGuard({ virtual }: CareConfig): boolean {
  try {
    return isGuarded(virtual.text)
  } catch {
    return false
  }
}

/** Reports a mode that does one thing and exits; throws {@link IncompleteError} when a part of it failed. */
async function finish(log: Log, pass: Pass): Promise<void> {
  const { logPass } = await import('./runtime.ts')
  logPass(log, pass)
  const errors = pass.failures.filter(isEssential).map(({ error }) => error)
  if (errors.length > 0) throw new IncompleteError(errors)
}

/** The log, for people on a terminal. */
async function openLog({ logLevel, logFormat }: CareConfig): Promise<Log> {
  const { createLog } = await import('./runtime.ts')
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && isatty(2))
  return createLog(logLevel, isPretty ? await prettyStream() : undefined)
}

async function prettyStream(): Promise<LogStream> {
  const { prettyStream: open } = await import('./pretty.ts')
  return open(2)
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

function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort(name))
  return controller.signal
}
