import { setMaxListeners } from 'node:events'
import type { Rtnetlink } from '@lvscare/netlink'
import type { Clients } from './clients/clients.ts'
import type { CareConfig } from './config.ts'
import { likelyCulprit, runningPrograms } from './culprits.ts'
import { guardServer } from './guard-server.ts'
import type { Fleet, Weights } from './health/fleet.ts'
import type { RuleWeights } from './health/rule-weights.ts'
import { Keeper } from './keeper.ts'
import type { Log } from './log.ts'
import type { ReadMembers } from './metrics/kernel-metrics.ts'
import { Metrics } from './metrics.ts'
import type { Pass } from './pass.ts'
import type { Piece, PieceName } from './path/step.ts'
import { loadTrust, type TrustEvent } from './probe/trust.ts'
import { Repairs } from './repairs.ts'
import { connectionKeeper } from './reset/build.ts'
import { openSeat } from './seat.ts'
import { SeatWatch } from './seat-watch.ts'
import { serveMetrics } from './server.ts'
import { guardReport } from './status/report.ts'
import { monotonic, remembered } from './time.ts'
import { VerdictBook } from './verdict-book.ts'
import { VERSION } from './version.ts'

/** A report is told to everybody who asks within this time, in milliseconds: any local user may ask, as often as it likes. */
const REPORT_MS = 250

/** What the guard looks up in the kernel itself; the rest is done by the pieces. */
export interface Looked {
  /** The members of the virtual service; `undefined` when there is no such service. */
  readonly members: ReadMembers
  readonly routes: Pick<Rtnetlink, 'link'>
  /** Who is connected through the virtual service; `undefined` when connections are to be left alone. */
  readonly clients: Clients | undefined
  /** Gives up a connection when what was sent on it is not acknowledged within this many milliseconds. */
  readonly limitSilence: (fd: number, ms: number) => void
  /** Whether kube-proxy's table of mode nftables is there; `undefined` where that cannot be seen. */
  readonly hasKubeProxyTable: () => boolean | undefined
  /** True while a guard of the virtual server runs. */
  readonly isGuarded: (virtual: string) => boolean
}

/** What the running guard is made of; the rules are in the kernel already. */
export interface GuardParts {
  readonly config: CareConfig
  readonly fleet: Fleet
  /** What the pieces go by. */
  readonly rule: RuleWeights
  readonly pieces: readonly Piece[]
  /** What other modes have left behind, as long as nobody has taken it away. */
  readonly leftovers: readonly Piece[]
  /** The pass that set the rules, not yet reported. */
  readonly first: Pass
  readonly kernel: Looked
  readonly log: Log
}

/** Probes, judges and keeps the kernel true until the signal aborts; the rules stay. */
export async function guard(parts: GuardParts, stop: AbortSignal): Promise<void> {
  const { config, fleet, rule, pieces, leftovers, first, kernel, log } = parts
  const { virtual, servers, mode, intervalMs } = config
  // One listener for each probe under way: as many as there are servers is no leak.
  setMaxListeners(0, stop)
  const texts = servers.map(({ text }) => text)
  log.info({ version: VERSION, virtual: virtual.text, servers: texts, mode, intervalMs }, 'guard started')
  const metrics = new Metrics({
    version: VERSION,
    servers: texts,
    view: () => keeper.view(),
    kernel: kernel.members,
  })
  const weights = (): Weights => rule.at(monotonic())
  const book = new VerdictBook(fleet, log, metrics, weights)
  const repairs = new Repairs(log, (piece) => culpritOf(piece, kernel))
  const facts = { ...config, virtual: virtual.text, version: VERSION, pid: process.pid }
  const seat = openSeat(
    virtual.text,
    kernel.isGuarded,
    remembered(REPORT_MS, () => guardReport(keeper.view(), facts, kernel.members)),
  )
  const keeper: Keeper = new Keeper({
    pieces,
    leftovers,
    first,
    book,
    allDown: () => fleet.allDown,
    followers: connectionKeeper(parts, { metrics, pass: () => keeper.pass(), stop }),
    metrics,
    repairs,
    seat: new SeatWatch(seat, log),
    log,
  })
  const view = () => keeper.view()
  const endpoint = await serveMetrics(config, { metrics, view }, { log, limitSilence: kernel.limitSilence })
  const trust = loadTrust(config.health, (event) => logTrust(log, event))
  await keeper.takeSeat()
  const watched = { config, keeper, book, trust, metrics, fleet, log, limitSilence: kernel.limitSilence }
  const watchers = servers.map((server) => guardServer(server, watched, stop))
  await Promise.all([keeper.run(stop), ...watchers])
  await Promise.all([endpoint.close(), seat.close()])
  log.info({ signal: String(stop.reason) }, 'guard stopped')
}

function logTrust(log: Log, event: TrustEvent): void {
  if (event.kind === 'reloaded') log.info({}, 'certificate files read again')
  else log.error({ error: event.error }, 'certificate files cannot be used, the last good ones stay')
}

/** Who may be breaking a piece again and again; what cannot be seen just now is no evidence. */
function culpritOf(piece: PieceName, { routes, hasKubeProxyTable }: Looked): string | undefined {
  return likelyCulprit(piece, {
    kubeIpvs: seen(() => routes.link('kube-ipvs0') !== undefined, false),
    kubeProxyTable: seen(hasKubeProxyTable, undefined),
    programs: seen(runningPrograms, new Set()),
  })
}

function seen<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
