import type { DestinationEntry, NewDestination, Stats } from '@lvscare/ipvs'
import type { GuardView, PieceView, ServerView } from '../src/view.ts'
import { memberOf } from './fake-table.ts'
import { DEAD, HEALTHY } from './verdicts.ts'

export const A = '192.0.2.1:6443'
export const B = '[fd00::1]:6443'

/** A server that came up ten seconds ago and was probed one second ago. */
export function serverView(server: string, changes: Partial<ServerView> = {}): ServerView {
  return {
    server,
    state: 'up',
    sinceMs: 90_000,
    cause: HEALTHY,
    suspicion: undefined,
    sentinel: undefined,
    failingSinceMs: undefined,
    wantedWeight: 1,
    lastVerdict: HEALTHY,
    lastProbeMs: 99_000,
    certificate: undefined,
    ...changes,
  }
}

/** A server that is refused since twelve seconds, and left the rule ten seconds ago. */
export function deadServerView(server: string, changes: Partial<ServerView> = {}): ServerView {
  const dead = { state: 'down', cause: DEAD, lastVerdict: DEAD, wantedWeight: undefined } as const
  return serverView(server, { ...dead, failingSinceMs: 88_000, ...changes })
}

export function pieceView(piece: PieceView['piece'], changes: Partial<PieceView> = {}): PieceView {
  return { piece, ok: true, error: undefined, repairs: 0, ...changes }
}

/** A guard that runs since a minute and has nothing to complain about. */
export function guardView(changes: Partial<GuardView> = {}): GuardView {
  return {
    nowMs: 100_000,
    startedMs: 40_000,
    active: true,
    alive: true,
    ready: true,
    allDown: false,
    servers: [serverView(A), serverView(B)],
    pieces: [pieceView('route'), pieceView('service'), pieceView('servers')],
    ...changes,
  }
}

/** A member of the kernel's rule with connections and counters. */
export function member(
  destination: NewDestination,
  counted: Partial<DestinationEntry> = {},
  stats: Partial<Stats> = {},
): DestinationEntry {
  const entry = memberOf(destination)
  return { ...entry, ...counted, stats: { ...entry.stats, ...stats } }
}
