import { type TestCluster, VIRTUAL } from '../../lab/cluster.ts'
import { GuardProcess } from '../../lab/guard.ts'
import { Haproxy } from '../../lab/haproxy.ts'
import { Keepalived } from '../../lab/keepalived.ts'
import { membersNow } from '../../lab/proc-table.ts'
import { LVSCARE } from '../../lab/programs.ts'
import { clearPath, layRivalPath } from '../../lab/rival-path.ts'

/** A contestant at work. */
export interface Guarding {
  /** The servers at this moment, as `192.0.2.11:6443`, with their weight; those that are out are missing. */
  weights(): ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>
  /** Ends it, with all it has set. */
  stop(): Promise<void>
}

/** What the table compares. */
export interface Contestant {
  readonly name: string
  /** How it is called in the table and in the chart. */
  readonly title: string
  /** From one of its probes to the next. */
  readonly intervalMs: number
  /** It has a table that somebody can flush. */
  readonly isIpvs: boolean
  start(cluster: TestCluster): Guarding
}

/** Everyone who takes part, in the order of the columns. */
export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'guard',
    title: 'lvscare',
    intervalMs: 5000,
    isIpvs: true,
    start: (cluster) => guarding(cluster, []),
  },
  {
    name: 'plain',
    title: 'lvscare without sentinel, interval 1 s',
    intervalMs: 1000,
    isIpvs: true,
    start: (cluster) => guarding(cluster, ['--sentinel=false', '--interval', '1']),
  },
  { name: 'keepalived', title: 'keepalived 2.2.7', intervalMs: 1000, isIpvs: true, start: keepalived },
  { name: 'haproxy', title: 'haproxy 2.6', intervalMs: 2000, isIpvs: false, start: haproxy },
]

function guarding(cluster: TestCluster, flags: readonly string[]): Guarding {
  const guard = new GuardProcess([...cluster.flags, ...flags], {}, [process.execPath, LVSCARE, 'care'])
  return {
    weights: () => {
      const { exitCode, signalCode } = guard.process
      if ((exitCode ?? signalCode) !== null) throw new Error(`the guard ended: ${guard.words.join(' ')}`)
      return inKernel()
    },
    stop: async () => {
      await guard.stop()
      clearPath()
    },
  }
}

function keepalived(cluster: TestCluster): Guarding {
  layRivalPath()
  const rival = new Keepalived(cluster)
  return {
    weights: inKernel,
    stop: async () => {
      await rival.stop()
      clearPath()
    },
  }
}

function haproxy(cluster: TestCluster): Guarding {
  layRivalPath()
  const rival = new Haproxy(cluster)
  return {
    weights: async () => new Map([...(await rival.up())].map((server) => [server, 1])),
    stop: async () => {
      await rival.stop()
      clearPath()
    },
  }
}

/** Servers that get new connections at this moment. */
export async function rotation(guarding: Guarding): Promise<ReadonlySet<string>> {
  const weights = [...(await guarding.weights())]
  return new Set(weights.filter(([, weight]) => weight > 0).map(([server]) => server))
}

function inKernel(): ReadonlyMap<string, number> {
  return membersNow(VIRTUAL.v4) ?? new Map()
}
