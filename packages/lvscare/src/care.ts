import { isatty } from 'node:tty'
import { setTcpUserTimeout } from '@lvscare/netlink'
import { KernelClients } from './clients/kernel-clients.ts'
import { type CareConfig, namesFiles } from './config.ts'
import { messageOf } from './errors.ts'
import { isGuarded } from './is-guarded.ts'
import { closeKernel, hasKubeProxyTable, type Kernel, openKernel } from './kernel.ts'
import type { Log, LogStream } from './log.ts'
import type { Pass } from './pass.ts'
import { serviceKey } from './path/service.ts'
import { cleanRule, firstPass, hasGuard, requireComplete, setRule } from './rule-once.ts'

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
  if (config.runOnce) return await runOnce(config)
  // Files that cannot be used are a mistake on the command line, and such a one changes nothing.
  if (namesFiles(config.health)) (await import('./runtime.ts')).loadTrust(config.health)
  const kernel = openKernel()
  try {
    await setAndGuard(config, kernel, stop)
  } finally {
    closeKernel(kernel)
  }
}

async function clean(config: CareConfig): Promise<void> {
  const pass = cleanRule(config)
  const log = await openLog(config)
  if (hasGuard(config)) log.warn({}, 'a guard still runs and sets the rule again: stop it first')
  await finish(log, pass)
}

async function runOnce(config: CareConfig): Promise<void> {
  const pass = setRule(config)
  await finish(await openLog(config), pass)
}

async function setAndGuard(config: CareConfig, kernel: Kernel, stop: AbortSignal): Promise<void> {
  const begun = firstPass(config, kernel)
  const log = await openLog(config)
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
  await guard({ config, ...begun, kernel: looked, log }, stop)
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

/** Reports a mode that does one thing and exits; throws IncompleteError when a part of it failed. */
async function finish(log: Log, pass: Pass): Promise<void> {
  const { logPass } = await import('./runtime.ts')
  logPass(log, pass)
  requireComplete(pass)
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

function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort(name))
  return controller.signal
}
