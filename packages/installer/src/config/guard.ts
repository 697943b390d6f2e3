import { CARE_FLAGS, type Endpoint } from 'lvscare'
import { careOf, type Given, type PlaceOf, readCare } from './care.ts'
import type { GuardSettings, Profile } from './config.ts'
import { readGuardFlags } from './guard-flags.ts'
import type { Problems } from './problems.ts'

/** What is wanted of the guard, as far as shapes go. */
export interface WantedGuard {
  /** `undefined`: it was wrong. */
  readonly virtual: Endpoint | undefined
  /** The servers as the guard takes them. */
  readonly servers: readonly WantedServer[]
  readonly nodeAddress: string | undefined
  readonly profile: Profile
  /** The flags as plain data. */
  readonly flags: unknown
  /** What stands at `vip`. */
  readonly vip: unknown
}

/** A server of the configuration. */
export interface WantedServer {
  /** `IP:PORT`, not looked at yet. */
  readonly text: string
  /** What stands in the configuration, and its place in the list. */
  readonly given: string
  readonly index: number
}

/** Reads the guard's flags, and lets the guard itself judge everything that is its own. */
export function readGuard(wanted: WantedGuard, problems: Problems): GuardSettings {
  const flags = withExplicit(readGuardFlags(wanted.flags, problems), wanted.profile)
  const texts = wanted.servers.map(({ text }) => text)
  const given = givenOf(wanted.virtual?.text, texts, wanted.nodeAddress, flags)
  const absent = new Set([
    ...(wanted.virtual === undefined ? ['vs' as const] : []),
    ...(texts.length === 0 ? ['rs' as const] : []),
  ])
  const care = readCare(given, absent, problems, placeOf(wanted, flags))
  if (care === undefined) return { flags, care }
  const exact = care.servers.map(({ text }) => text)
  return { flags, care: careOf(givenOf(care.virtual.text, exact, care.nodeAddress, flags)) }
}

/** The known-good manifest of sealos says these, although they are the defaults; so the guard reports them as set. */
const EXPLICIT: ReadonlySet<string> = new Set(['health-path', 'health-scheme'])

function withExplicit(flags: Given, profile: Profile): Given {
  if (profile !== 'sealos') return flags
  const values = CARE_FLAGS.map(({ name, default: preset }) => {
    const explicit = EXPLICIT.has(name) && preset !== undefined ? [String(preset)] : undefined
    return [name, flags.get(name) ?? explicit] as const
  })
  return new Map(values.flatMap(([name, texts]) => (texts === undefined ? [] : [[name, texts]])))
}

function givenOf(vs: string | undefined, rs: readonly string[], ip: string | undefined, flags: Given): Given {
  const own = { vs: vs === undefined ? [] : [vs], rs, ip: ip === undefined ? [] : [ip] }
  return new Map([...Object.entries(own).filter(([, values]) => values.length > 0), ...flags])
}

function placeOf({ vip, servers, nodeAddress }: WantedGuard, flags: Given): PlaceOf {
  return (flag, at) => {
    if (flag === 'vs') return { path: 'vip', value: vip }
    if (flag === 'ip') return { path: 'nodeAddress', value: nodeAddress }
    const server = flag === 'rs' ? servers[at] : undefined
    if (server !== undefined) return { path: `servers[${server.index}]`, value: server.given }
    const isOneOfMany = (flags.get(flag)?.length ?? 0) > 1
    return { path: isOneOfMany ? `guard.${flag}[${at}]` : `guard.${flag}` }
  }
}
