import { readFileSync } from 'node:fs'
import { Ipvs } from '@lvscare/ipvs'
import { Rtnetlink } from '@lvscare/netlink'
import type { CareConfig } from './config.ts'
import { endpointText } from './endpoint.ts'
import { codeOf, IncompleteError } from './errors.ts'
import { Fleet, type Weights } from './health/fleet.ts'
import { type Pass, runPass, undoAll } from './pass.ts'
import { configuredNodeAddress, kernelNodeAddress } from './path/node-address.ts'
import { RoutePiece } from './path/route.ts'
import { ServersPiece } from './path/servers.ts'
import { ServicePiece, serviceKey } from './path/service.ts'
import type { Piece } from './path/step.ts'
import { CONFIRM_MS } from './probe/confirm.ts'

/** The two conversations with the kernel. */
interface Kernel {
  readonly ipvs: Ipvs
  readonly routes: Rtnetlink
}

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
  const kernel = openKernel()
  try {
    await setAndGuard(config, kernel, stop)
  } finally {
    kernel.ipvs.close()
    kernel.routes.close()
  }
}

/** Takes everything back; a kernel without IPVS has no rule of ours, but may have the route. */
async function clean(config: CareConfig): Promise<void> {
  const routes = Rtnetlink.open()
  try {
    const route = new RoutePiece(routes, config.virtual, () => config.virtual.address)
    const ipvs = openIpvs()
    const service = ipvs === undefined ? [] : [new ServicePiece(ipvs, config.virtual, config.scheduler)]
    await finish(config, undoAll([route, ...service]))
    ipvs?.close()
  } finally {
    routes.close()
  }
}

function openIpvs(): Ipvs | undefined {
  try {
    return Ipvs.open()
  } catch (error) {
    if (codeOf(error) === 'ERR_IPVS_UNAVAILABLE') return undefined
    throw error
  }
}

async function setAndGuard(config: CareConfig, kernel: Kernel, stop: AbortSignal): Promise<void> {
  const fleet = adoptFleet(config, kernel.ipvs)
  const pieces = buildPieces(config, kernel, fleet)
  const first = config.runOnce ? passUntilQuiet(pieces) : runPass(pieces)
  const terminal = first.failures.find(({ error }) => TERMINAL_CODES.has(codeOf(error) ?? ''))
  if (terminal !== undefined) {
    // A route to a service that does not exist would only turn a leak into a refusal; a service that does stays as it is.
    if (kernel.ipvs.service(serviceKey(config.virtual)) === undefined) undoAll(pieces)
    throw terminal.error
  }
  if (config.runOnce) return await finish(config, first)
  // Only now, with the rules in the kernel, is there time to load an HTTP client, a logger and metrics.
  const { guard } = await import('./runtime.ts')
  await guard({ config, fleet, pieces, first }, stop)
}

/** Reports a mode that does one thing and exits; throws {@link IncompleteError} when a part of it failed. */
async function finish(config: CareConfig, pass: Pass): Promise<void> {
  const { createLog, logPass } = await import('./runtime.ts')
  logPass(createLog(config.logLevel), pass)
  if (pass.failures.length > 0) throw new IncompleteError(pass.failures.map(({ error }) => error))
}

function passUntilQuiet(pieces: readonly Piece[]): Pass {
  const applied = []
  for (let passes = 1; ; passes += 1) {
    const pass = runPass(pieces)
    applied.push(...pass.applied)
    if (pass.applied.length === 0 || pass.failures.length > 0 || passes >= MAX_ONCE_PASSES)
      return { ...pass, applied }
  }
}

function openKernel(): Kernel {
  const ipvs = Ipvs.open()
  try {
    return { ipvs, routes: Rtnetlink.open() }
  } catch (error) {
    ipvs.close()
    throw error
  }
}

function buildPieces(config: CareConfig, kernel: Kernel, fleet: Pick<Fleet, 'weights'>): Piece[] {
  const { virtual, servers, scheduler, mode } = config
  const service = new ServicePiece(kernel.ipvs, virtual, scheduler)
  const members = new ServersPiece(kernel.ipvs, virtual, () => ({ servers, weights: fleet.weights() }))
  const route = new RoutePiece(kernel.routes, virtual, nodeAddressOf(config, kernel.routes))
  return mode === 'local' ? [route, service, members] : [service, members]
}

function nodeAddressOf(config: CareConfig, routes: Rtnetlink): () => string {
  const said = { flag: config.nodeAddress, environment: process.env['LVSCARE_NODE_IP'] }
  const configured =
    configuredNodeAddress({ ...said, hosts: '' }, config.virtual) ??
    configuredNodeAddress({ ...said, hosts: readHosts() }, config.virtual)
  if (configured !== undefined) return () => configured
  return kernelNodeAddress(routes, config.servers)
}

/** A node whose /etc/hosts cannot be read has not named itself there: the kernel is asked instead. */
function readHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8')
  } catch {
    return ''
  }
}

/** The fleet as the kernel has it: a restart of the guard changes nothing until it has verdicts of its own. */
function adoptFleet(config: CareConfig, ipvs: Ipvs): Fleet {
  const { health, intervalMs } = config
  return new Fleet({
    servers: config.servers.map(({ text }) => text),
    adopted: adoptedWeights(config, ipvs),
    rise: 1,
    fall: 1,
    togetherMs: intervalMs * 1.1 + health.timeoutMs + CONFIRM_MS,
  })
}

/** `--run-once` has no verdicts to wait for: members keep their weight, and who is missing is added. */
function adoptedWeights(config: CareConfig, ipvs: Ipvs): Weights | undefined {
  const found = ipvs.destinations(serviceKey(config.virtual))
  if (found === undefined) return undefined
  const weights = new Map(found.map(({ address, port, weight }) => [endpointText(address, port), weight]))
  if (config.runOnce) for (const { text } of config.servers) weights.set(text, weights.get(text) ?? 1)
  return weights
}

function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort(name))
  return controller.signal
}
