import { parseDuration } from './duration.ts'
import type { UsageError } from './errors.ts'
import { check, checked, count, oneOf, optional, usage } from './flag-check.ts'
import type { FlagValues } from './flag-values.ts'
import { ALL_DOWN } from './flags.ts'

/** What is asked of every real server, and what its answers mean. */
export interface HealthConfig {
  readonly scheme: 'https' | 'http'
  /** With its leading slash. */
  readonly path: string
  /** Asked too: a server that is not ready is to get no new connections. With its leading slash. */
  readonly readyPath: string | undefined
  readonly method: string
  /** By name as it was given; never logged, for a value may be a secret. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | undefined
  /** Statuses of 400 and above that count as healthy. */
  readonly statuses: ReadonlySet<number>
  readonly timeoutMs: number
  /** Accept any certificate. */
  readonly insecure: boolean
  /** PEM files. */
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** The name in the server's certificate, when it is not the server's address. */
  readonly serverName: string | undefined
  /** Healthy verdicts in a row until a server that was not up is up again. */
  readonly rise: number
  /** Sick verdicts in a row until a server is drained. */
  readonly fall: number
  /** What becomes of the rule while no server is healthy. */
  readonly allDown: (typeof ALL_DOWN)[number]
}

/** Reads the flags of the probe; throws {@link UsageError}. No I/O: files are only named here. */
export function healthConfig(flags: FlagValues): HealthConfig {
  const scheme = check(flags, 'health-scheme', oneOf(['https', 'http'] as const))
  return {
    scheme,
    path: check(flags, 'health-path', healthPath),
    readyPath: optional(flags, 'ready-path', healthPath),
    method: check(flags, 'health-req-method', method),
    headers: headers(flags),
    body: flags.anyText('health-req-body'),
    statuses: new Set(list(flags, 'health-status').map((text) => status(flags, text))),
    timeoutMs: check(flags, 'health-timeout', parseDuration),
    ...trust(flags, scheme),
    rise: check(flags, 'rise', count),
    fall: check(flags, 'fall', count),
    allDown: check(flags, 'all-down', oneOf(ALL_DOWN)),
  }
}

/** What TLS needs: without TLS the flags would be a promise that nobody keeps. */
function trust(
  flags: FlagValues,
  scheme: HealthConfig['scheme'],
): Pick<HealthConfig, 'insecure' | 'caFile' | 'certFile' | 'keyFile' | 'serverName'> {
  for (const name of ['health-ca', 'health-cert', 'health-key', 'health-server-name']) {
    if (scheme === 'http' && flags.isGiven(name))
      throw usage(flags, name, flags.text(name) ?? '', 'is of no use with --health-scheme http')
  }
  const caFile = flags.text('health-ca')
  const certFile = flags.text('health-cert')
  const keyFile = flags.text('health-key')
  if (keyFile !== undefined && certFile === undefined)
    throw usage(flags, 'health-key', keyFile, 'needs --health-cert with its certificate')
  const serverName = flags.text('health-server-name')
  return {
    insecure: isInsecure(flags, caFile),
    caFile,
    certFile,
    keyFile,
    serverName: serverName === undefined ? undefined : check(flags, 'health-server-name', hostName),
  }
}

/** Who names an authority wants certificates to be checked: the default gives way, an explicit word does not. */
function isInsecure(flags: FlagValues, caFile: string | undefined): boolean {
  const name = 'health-insecure-skip-verify'
  if (caFile === undefined) return flags.switch(name)
  if (flags.isGiven(name) && flags.switch(name))
    throw usage(flags, name, 'true', 'cannot be combined with --health-ca, which asks for verification')
  return false
}

function headers(flags: FlagValues): Map<string, string> {
  const found = new Map<string, string>()
  for (const text of list(flags, 'health-req-headers')) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\t\x20-\x7e]*)$/.exec(text) ?? []
    if (name === undefined || value === undefined) throw badHeader(flags, text)
    const rule = headerRule(name, found)
    if (rule !== undefined) throw usage(flags, 'health-req-headers', `${name}=...`, rule)
    found.set(name, value)
  }
  return found
}

/** Longer ones are not names of headers, but tokens that were put in the wrong place. */
const MAX_NAME = 40

/** What a probe decides by itself, because the connection hangs on it. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** The rule that a well-formed header breaks, if any. */
function headerRule(name: string, found: ReadonlyMap<string, string>): string | undefined {
  const lower = name.toLowerCase()
  if (OWN_HEADERS.has(lower)) return 'is a header that the probe sets by itself'
  return [...found.keys()].some((one) => one.toLowerCase() === lower) ? 'is given twice' : undefined
}

/** Only a name is shown, where there is one: the rest may be a secret. */
function badHeader(flags: FlagValues, text: string): UsageError {
  const name = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=[^=]/.exec(text)?.[1]
  const shown = name === undefined || name.length > MAX_NAME ? '...' : `${name}=...`
  return usage(flags, 'health-req-headers', shown, 'must be NAME=VALUE of printable characters')
}

/** An empty list is how a manifest leaves one out. */
function list(flags: FlagValues, name: string): string[] {
  return flags.list(name).filter((text) => text !== '')
}

/** lvscare accepts a path without its slash, and so do we. */
function healthPath(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new RangeError('must be a path of printable characters without spaces')
  return text.startsWith('/') ? text : `/${text}`
}

function method(text: string): string {
  if (!/^[A-Za-z]+$/.test(text)) throw new RangeError('must be an HTTP method such as GET or HEAD')
  if (text.toUpperCase() === 'CONNECT') throw new RangeError('must not be CONNECT, which asks for a tunnel')
  return text.toUpperCase()
}

function status(flags: FlagValues, text: string): number {
  return checked(flags, 'health-status', text, () => {
    const value = Number(text)
    if (!/^\d{3}$/.test(text) || value < 100 || value > 599)
      throw new RangeError('must be HTTP statuses from 100 to 599, separated by commas')
    return value
  })
}

function hostName(text: string): string {
  if (!/^[A-Za-z0-9_]([A-Za-z0-9_.:-]{0,252})$/.test(text))
    throw new RangeError('must be a host name or an address, as it stands in the certificate')
  return text
}
