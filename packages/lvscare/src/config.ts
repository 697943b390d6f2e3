import ipaddr from 'ipaddr.js'
import { type FailoverConfig, failoverConfig } from './config-failover.ts'
import { type HealthConfig, healthConfig } from './config-health.ts'
import { type MetricsTls, metricsTls } from './config-metrics.ts'
import { parseDuration } from './duration.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { check, checked, missing, oneOf, usage } from './flag-check.ts'
import type { FlagValues } from './flag-values.ts'
import { LOG_FORMATS, LOG_LEVELS, LOGGER_LEVELS, MODES, SCHEDULERS } from './flags.ts'
import { publicFlags } from './public-flags.ts'

/** How the node reaches the virtual IP: see {@link MODES}. */
export type Mode = (typeof MODES)[number]

/** A level of the log: see {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How the log is written: see {@link LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number]

/** What is guarded, and how the node reaches it. */
export interface RuleConfig {
  readonly virtual: Endpoint
  /** At least one, except with `clean`. */
  readonly servers: readonly Endpoint[]
  readonly scheduler: string
  readonly mode: Mode
  /** Name of the dummy device of mode `link`. */
  readonly iface: string
  /** The node's own address as `--ip` gave it. */
  readonly nodeAddress: string | undefined
  /** Connections forwarded for others get an address of this node; always so in mode `link`. */
  readonly masquerade: boolean
}

/** Everything the guard needs to know, checked. */
export interface CareConfig extends RuleConfig {
  readonly health: HealthConfig
  readonly intervalMs: number
  readonly failover: FailoverConfig
  readonly runOnce: boolean
  readonly clean: boolean
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
  /** `undefined`: nothing is served. */
  readonly metricsAddress: Endpoint | undefined
  /** `undefined`: it is served without TLS. */
  readonly metricsTls: MetricsTls | undefined
  /** The flags that make it so, without those whose values may be secret: a guard tells them who asks. */
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** What `lvscare doctor` looks at. */
export type DoctorConfig = RuleConfig & Pick<CareConfig, 'health' | 'intervalMs'>

/** Turns the flags into a configuration; throws {@link UsageError} that names flag, value and rule. No I/O. */
export function careConfig(flags: FlagValues): CareConfig {
  const clean = flags.switch('clean')
  const runOnce = flags.switch('run-once')
  if (clean && runOnce) throw usage(flags, 'clean', 'true', 'cannot be combined with --run-once')
  const rule = doctorConfig(flags, clean)
  return {
    ...rule,
    failover: failoverConfig(flags, rule.scheduler),
    runOnce,
    clean,
    logLevel: logLevel(flags),
    logFormat: check(flags, 'log-format', oneOf(LOG_FORMATS)),
    metricsAddress: check(flags, 'metrics-address', (text) =>
      text === 'off' ? undefined : parseEndpoint(text),
    ),
    metricsTls: metricsTls(flags),
    flags: publicFlags(flags.given()),
  }
}

/** The part of the configuration that describes rule and probe; no server is needed `withoutServers`. */
export function doctorConfig(flags: FlagValues, withoutServers = false): DoctorConfig {
  const mode = check(flags, 'mode', oneOf(MODES))
  const virtual = check(flags, 'vs', (text) => virtualEndpoint(text, mode))
  check(flags, 'masqueradebit', masqueradeBit)
  return {
    virtual,
    servers: servers(flags, virtual, withoutServers),
    scheduler: check(flags, 'scheduler', oneOf(SCHEDULERS)),
    mode,
    iface: check(flags, 'iface', linkName),
    nodeAddress: flags.text('ip') === undefined ? undefined : check(flags, 'ip', nodeAddress(virtual)),
    masquerade: flags.switch('masquerade') || mode === 'link',
    health: healthConfig(flags),
    intervalMs: check(flags, 'interval', parseDuration),
  }
}

/** True when the probe needs files that are to be read. */
export function namesFiles({ caFile, certFile, keyFile }: HealthConfig): boolean {
  return caFile !== undefined || certFile !== undefined || keyFile !== undefined
}

function servers(flags: FlagValues, virtual: Endpoint, none: boolean): Endpoint[] {
  const texts = flags.list('rs')
  if (texts.length === 0 && !none) throw missing('rs', 'give at least one real server as IP:PORT')
  const seen = new Set<string>()
  return texts.map((text) => {
    const server = checked(flags, 'rs', text, () => targetable(parseEndpoint(text)))
    const rule = serverRule(server, virtual, seen)
    if (rule !== undefined) throw usage(flags, 'rs', text, rule)
    seen.add(server.text)
    return server
  })
}

/** The rule that a well-formed server breaks beside the others, if any. */
function serverRule(server: Endpoint, virtual: Endpoint, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(server.text)) return 'is given twice: each real server counts once'
  if (server.text === virtual.text) return 'is the virtual server itself: it would forward to itself'
  if (server.family === virtual.family) return undefined
  const name = { inet: 'IPv4', inet6: 'IPv6' }
  return `is ${name[server.family]}, but --vs is ${name[virtual.family]}: masquerading needs one family`
}

/** A loopback address is local already, and the kernel's route to it is the node's own. */
function virtualEndpoint(text: string, mode: Mode): Endpoint {
  const virtual = targetable(parseEndpoint(text))
  if (mode !== 'none' && ipaddr.parse(virtual.address).range() === 'loopback') {
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

/** What the kernel takes for the name of a link (dev_valid_name), without what would need quotes. */
function linkName(text: string): string {
  if (!/^[\w.@-]{1,15}$/.test(text) || text === '.' || text === '..')
    throw new RangeError('must be a link name of at most 15 letters, digits, dots, dashes or underscores')
  return text
}

function masqueradeBit(text: string): number {
  const bit = Number(text)
  if (!/^\d{1,2}$/.test(text) || bit > 31) throw new RangeError('must be a number from 0 to 31')
  return bit
}

/** `--log-level` is ours and has every level; `--logger` is lvscare's. */
function logLevel(flags: FlagValues): LogLevel {
  const word = flags.isGiven('logger') ? check(flags, 'logger', loggerWord) : undefined
  const level = check(flags, 'log-level', oneOf(LOG_LEVELS))
  return word === undefined || flags.isGiven('log-level') ? level : LOGGER_LEVELS[word]
}

function loggerWord(text: string): keyof typeof LOGGER_LEVELS {
  const word = oneOf(['INFO', 'DEBG'] as const)
  return word(text === text.toLowerCase() ? text.toUpperCase() : text)
}
