import type { DestinationEntry } from '@lvscare/ipvs'
import { endpointText } from '../endpoint-text.ts'
import { messageOf } from '../errors.ts'
import type { ReadMembers } from '../metrics/kernel-metrics.ts'
import type { GuardView } from '../view.ts'
import { type Clocks, isoTime, secondsSince, timeOf } from './clocks.ts'
import { guardedServer, unguardedServer } from './server-report.ts'
import type { ServerReport, StatusReport } from './shape.ts'

/** What does not change while a guard runs. */
export interface GuardFacts {
  /** Endpoint text of the virtual server. */
  readonly virtual: string
  readonly scheduler: string
  readonly mode: string
  readonly version: string
  readonly pid: number
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** What the kernel has for one virtual server. */
export interface Rule {
  readonly virtual: string
  readonly scheduler: string
  readonly members: readonly DestinationEntry[]
}

/** A virtual server that no guard told of; what could not be learned is `undefined` or an error. */
export interface Unguarded {
  readonly virtual: string
  readonly rule: Rule | undefined
  readonly guardError?: string
  readonly kernelError?: string
}

/** What a running guard tells of itself and its servers; `wallMs` is the Unix time at the moment of the view. */
export function guardReport(
  view: GuardView,
  facts: GuardFacts,
  kernel: ReadMembers,
  wallMs: number = Date.now(),
): StatusReport {
  const { virtual, scheduler, mode, version, pid, flags } = facts
  const { nowMs, startedMs, active, alive, ready, allDown } = view
  const clocks = { nowMs, wallMs }
  const { members, error } = attempt(kernel)
  return {
    source: 'guard',
    time: isoTime(wallMs),
    virtual,
    scheduler,
    mode,
    guard: {
      version,
      pid,
      flags: Object.fromEntries(flags),
      started: timeOf(startedMs, clocks),
      uptimeSeconds: secondsSince(startedMs, clocks),
      active,
      alive,
      ready,
    },
    guardError: null,
    kernelError: error,
    allDown,
    path: view.pieces.map(({ piece, ok, error = null, repairs }) => ({ piece, ok, error, repairs })),
    servers: guardedServers(view, members, clocks),
  }
}

/** What the kernel alone tells: no states, no reasons, but weights and connections. */
export function kernelReport(
  { virtual, rule, guardError = undefined, kernelError = undefined }: Unguarded,
  wallMs: number = Date.now(),
): StatusReport {
  return {
    source: 'kernel',
    time: isoTime(wallMs),
    virtual,
    scheduler: rule?.scheduler ?? null,
    mode: null,
    guard: null,
    guardError: guardError ?? null,
    kernelError: kernelError ?? null,
    allDown: null,
    path: [],
    servers: (rule?.members ?? []).map((member) => unguardedServer(member, null)),
  }
}

/** Every configured server in its order, then the members that nobody configured: they are about to leave. */
function guardedServers(
  view: GuardView,
  members: readonly DestinationEntry[],
  clocks: Clocks,
): ServerReport[] {
  const byText = new Map(members.map((one) => [endpointText(one.address, one.port), one]))
  const servers = view.servers.map((server) => guardedServer(server, byText.get(server.server), clocks))
  for (const { server } of view.servers) byText.delete(server)
  return [...servers, ...[...byText.values()].map((member) => unguardedServer(member, false))]
}

function attempt(kernel: ReadMembers): { members: readonly DestinationEntry[]; error: string | null } {
  try {
    return { members: kernel() ?? [], error: null }
  } catch (error) {
    return { members: [], error: messageOf(error) }
  }
}
