import type { CareConfig, Endpoint, GuardReport, ServerReport, State, StatusReport } from 'lvscare'
import { careOfArguments } from '../rule-flags.ts'

/** The time of everything in memory. */
const NOW = '2026-01-01T00:00:00.000Z'

/** A guard that a test lets run. */
export interface MemoryGuard {
  /** What it was started with; the servers it guards are among them. */
  readonly flags: readonly string[]
  /** What it says of its servers; `up` where nothing is said. */
  readonly states?: Readonly<Record<string, State>>
  /** @default true */
  readonly ready?: boolean
  /** False for one that stands by. @default true */
  readonly active?: boolean
  readonly version?: string
}

/** A rule in the kernel. */
export interface MemoryRule {
  readonly scheduler: string
  /** Weight by server, in the order in which they were added. */
  readonly members: ReadonlyMap<string, number>
}

/** The rules of a kernel in memory, and the guards that look after them, by the text of the virtual server. */
export class MemoryRules {
  /** The rules in the kernel. */
  readonly rules: Map<string, MemoryRule> = new Map()
  /** The guards that run. */
  readonly guards: Map<string, MemoryGuard> = new Map()

  /** Lets a guard run: its rule is set as it would do, and stays when the guard is stopped. */
  startGuard(guard: MemoryGuard): void {
    const config = careOfArguments(guard.flags)
    this.guards.set(config.virtual.text, guard)
    this.#set(config, guard.states ?? {})
  }

  /** Stops the guard of a virtual server; the rule stays. */
  stopGuard(virtual: string): void {
    this.guards.delete(virtual)
  }

  /** What `lvscare status` would tell of a virtual server, or `undefined` where there is neither rule nor guard. */
  observe({ text }: Endpoint): StatusReport | undefined {
    const rule = this.rules.get(text)
    const guard = this.guards.get(text)
    if (guard === undefined) return rule && report(text, rule, null, [...membersOf(rule, null)])
    const config = careOfArguments(guard.flags)
    const states = guard.states ?? {}
    const wanted = config.servers.map(({ text: server }) =>
      serverReport(server, true, rule?.members.get(server) ?? null, states[server] ?? 'up'),
    )
    const known = new Set(wanted.map(({ server }) => server))
    const strangers = [...membersOf(rule, false)].filter(({ server }) => !known.has(server))
    return report(text, rule, { guard, config }, [...wanted, ...strangers])
  }

  /** As `lvscare care --run-once`: members keep their weight, who is missing is added, and who is foreign goes. */
  set(flags: readonly string[]): void {
    this.#set(careOfArguments(flags, 'run-once'), {})
  }

  /** As `lvscare care --clean`; a guard that runs sets the rule again. */
  clean(flags: readonly string[]): void {
    const { text } = careOfArguments(flags, 'clean').virtual
    this.rules.delete(text)
    const guard = this.guards.get(text)
    if (guard !== undefined) this.startGuard(guard)
  }

  #set({ virtual, servers, scheduler }: CareConfig, states: Readonly<Record<string, State>>): void {
    const old = this.rules.get(virtual.text)?.members
    const up = servers.filter(({ text }) => states[text] !== 'down')
    const members = up.map(
      ({ text }) => [text, states[text] === 'draining' ? 0 : (old?.get(text) ?? 1)] as const,
    )
    this.rules.set(virtual.text, { scheduler, members: new Map(members) })
  }
}

function* membersOf(rule: MemoryRule | undefined, configured: false | null): Generator<ServerReport> {
  for (const [server, weight] of rule?.members ?? []) yield serverReport(server, configured, weight, null)
}

function report(
  virtual: string,
  rule: MemoryRule | undefined,
  told: { readonly guard: MemoryGuard; readonly config: CareConfig } | null,
  servers: readonly ServerReport[],
): StatusReport {
  return {
    source: told === null ? 'kernel' : 'guard',
    time: NOW,
    virtual,
    scheduler: rule?.scheduler ?? null,
    mode: told?.config.mode ?? null,
    guard: told && guardReport(told.guard, told.config),
    guardError: null,
    kernelError: null,
    allDown: told && servers.every(({ state }) => state === 'down'),
    path: told === null ? [] : PIECES.map((piece) => ({ piece, ok: true, error: null, repairs: 0 })),
    servers,
  }
}

const PIECES: readonly string[] = ['modules', 'sysctls', 'route', 'service', 'servers']

function guardReport(
  { active = true, ready = true, version = '0.0.0-memory' }: MemoryGuard,
  { flags }: CareConfig,
): GuardReport {
  const told = Object.fromEntries(flags)
  return { version, pid: 4242, flags: told, started: NOW, uptimeSeconds: 1, active, alive: true, ready }
}

function serverReport(
  server: string,
  configured: boolean | null,
  weight: number | null,
  state: State | null,
): ServerReport {
  const count = weight === null ? null : 0
  return {
    server,
    configured,
    state,
    why: null,
    since: null,
    sinceSeconds: null,
    failingSince: null,
    failingSeconds: null,
    wantedWeight: state === null ? null : weight,
    weight,
    activeConnections: count,
    inactiveConnections: count,
    connectionsTotal: count,
    incomingPacketsTotal: count,
    outgoingPacketsTotal: count,
    incomingBytesTotal: count,
    outgoingBytesTotal: count,
    lastProbe: null,
    certificate: null,
  }
}
