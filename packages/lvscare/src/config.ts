import ipaddr from 'ipaddr.js'
import { parseDuration } from './duration.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { messageOf, UsageError } from './errors.ts'
import type { FlagValues } from './flag-values.ts'
import { LOG_LEVELS, MODES, SCHEDULERS } from './flags.ts'

/** How the node reaches the virtual IP: see {@link MODES}. */
export type Mode = (typeof MODES)[number]

/** A level of the log: see {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What is asked of every real server. */
export interface HealthConfig {
  readonly scheme: 'https' | 'http'
  /** With its leading slash. */
  readonly path: string
  readonly timeoutMs: number
  /** Accept any certificate. */
  readonly insecure: boolean
}

/** Everything the guard needs to know, checked. */
export interface CareConfig {
  readonly virtual: Endpoint
  /** At least one, except with `clean`. */
  readonly servers: readonly Endpoint[]
  readonly scheduler: string
  readonly mode: Mode
  /** The node's own address as `--ip` gave it. */
  readonly nodeAddress: string | undefined
  readonly health: HealthConfig
  readonly intervalMs: number
  readonly runOnce: boolean
  readonly clean: boolean
  readonly logLevel: LogLevel
  /** `undefined`: nothing is served. */
  readonly metricsAddress: Endpoint | undefined
}

/** Turns the flags into a configuration; throws {@link UsageError} that names flag, value and rule. No I/O. */
export function careConfig(flags: FlagValues): CareConfig {
  const clean = flags.switch('clean')
  const runOnce = flags.switch('run-once')
  if (clean && runOnce) throw usage('clean', 'true', 'cannot be combined with --run-once')
  const mode = check(flags, 'mode', oneOf(MODES))
  const virtual = check(flags, 'vs', (text) => virtualEndpoint(text, mode))
  return {
    virtual,
    servers: servers(flags, virtual, clean),
    scheduler: check(flags, 'scheduler', oneOf(SCHEDULERS)),
    mode,
    nodeAddress: flags.text('ip') === undefined ? undefined : check(flags, 'ip', nodeAddress(virtual)),
    health: {
      scheme: check(flags, 'health-scheme', oneOf(['https', 'http'] as const)),
      path: check(flags, 'health-path', healthPath),
      timeoutMs: check(flags, 'health-timeout', parseDuration),
      insecure: flags.switch('health-insecure-skip-verify'),
    },
    intervalMs: check(flags, 'interval', parseDuration),
    runOnce,
    clean,
    logLevel: check(flags, 'log-level', oneOf(LOG_LEVELS)),
    metricsAddress: check(flags, 'metrics-address', (text) =>
      text === 'off' ? undefined : parseEndpoint(text),
    ),
  }
}

function servers(flags: FlagValues, virtual: Endpoint, clean: boolean): Endpoint[] {
  const texts = flags.list('rs')
  if (texts.length === 0 && !clean)
    throw new UsageError('--rs is missing: give at least one real server as IP:PORT')
  const seen = new Map<string, string>()
  return texts.map((text) => {
    const server = checked('rs', text, () => targetable(parseEndpoint(text)))
    const rule = serverRule(server, virtual, seen)
    if (rule !== undefined) throw usage('rs', text, rule)
    seen.set(server.text, text)
    return server
  })
}

/** The rule that a well-formed server breaks beside the others, if any. */
function serverRule(
  server: Endpoint,
  virtual: Endpoint,
  seen: ReadonlyMap<string, string>,
): string | undefined {
  if (seen.has(server.text)) return 'is given twice: each real server counts once'
  if (server.text === virtual.text) return 'is the virtual server itself: it would forward to itself'
  if (server.family === virtual.family) return undefined
  const name = { inet: 'IPv4', inet6: 'IPv6' }
  return `is ${name[server.family]}, but --vs is ${name[virtual.family]}: masquerading needs one family`
}

/** A loopback address is local already, and the kernel's route to it is the node's own. */
function virtualEndpoint(text: string, mode: Mode): Endpoint {
  const virtual = targetable(parseEndpoint(text))
  if (mode === 'local' && ipaddr.parse(virtual.address).range() === 'loopback') {
    throw new RangeError('must not be a loopback address, except with --mode none')
  }
  return virtual
}

/** Throws RangeError for an address nothing can be sent to. */
function targetable(endpoint: Endpoint): Endpoint {
  const range = ipaddr.parse(endpoint.address).range()
  if (range === 'unspecified' || range === 'multicast' || range === 'broadcast') {
    throw new RangeError(`must be the address of one host, not ${range}`)
  }
  return endpoint
}

function nodeAddress(virtual: Endpoint): (text: string) => string {
  return (text) => {
    const bracketed = text.includes(':') ? `[${text}]` : text
    const { address, family } = targetable(parseEndpoint(`${bracketed}:${virtual.port}`))
    if (family !== virtual.family) throw new RangeError('must be of the same address family as --vs')
    if (address === virtual.address)
      throw new RangeError('must be an address of this node, not the virtual one')
    return address
  }
}

/** lvscare accepts a path without its slash, and so do we. */
function healthPath(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new RangeError('must be a path of printable characters without spaces')
  return text.startsWith('/') ? text : `/${text}`
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((one) => one === text)
    if (found === undefined) throw new RangeError(`must be one of ${allowed.join(', ')}`)
    return found
  }
}

function check<T>(flags: FlagValues, name: string, parse: (text: string) => T): T {
  const text = flags.text(name)
  if (text === undefined) throw new UsageError(`--${name} is missing: give the virtual server as IP:PORT`)
  return checked(name, text, () => parse(text))
}

function checked<T>(name: string, text: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) throw usage(name, text, messageOf(error))
    throw error
  }
}

function usage(name: string, value: string, rule: string): UsageError {
  return new UsageError(`--${name} ${JSON.stringify(value)}: ${rule}`)
}
