import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { applyCluster, type Inventory, type NodeHost, planCluster, sshHost } from '@lvscare/installer'
import { VIP } from '../lab/cluster.ts'
import { clusterFlags, ended, installer } from '../lab/installer.ts'
import { KubeCluster } from '../lab/kube-cluster.ts'
import { program } from '../lab/programs.ts'
import { FarSocket } from './far-socket.ts'
import { residentMiB } from './process.ts'
import type { SshNodes } from './ssh-nodes-program.ts'
import { median, type Result } from './stats.ts'

/** How far away a node is: one question and its answer. */
const AWAY_MS = 50
const NODES = 50
const RUNS = 5

/** What a node costs, with a real kernel. */
export async function benchInstaller(): Promise<Result[]> {
  const cluster = await KubeCluster.create(['m1', 'm2', 'm3'], ['w1'])
  try {
    const [first, again, guard]: [number[], number[], number[]] = [[], [], []]
    for (let run = 0; run < RUNS; run += 1) {
      const node = await cluster.node('w1')
      const args = ['apply', ...clusterFlags(cluster), '--node-ip', node.host.v4]
      const flags = [
        '--vs',
        `${VIP.v4}:6443`,
        ...cluster.endpoints().flatMap((endpoint) => ['--rs', endpoint]),
      ]
      first.push(timed(() => ended(installer(node, args), 0)))
      again.push(timed(() => ended(installer(node, args), 0)))
      guard.push(timed(() => ended(node.outcome(['lvscare', 'care', ...flags, '--run-once']), 0)))
    }
    return [
      against(
        '`lvscare-installer apply` on a bare worker, against `lvscare care --run-once`',
        median(first),
        median(guard),
        4,
      ),
      against(
        'the same once more, with nothing to do, against the first time',
        median(again),
        median(first),
        1.2,
      ),
    ]
  } finally {
    await cluster.remove()
  }
}

/** What a node costs among 50, over SSH; on this machine, where the processors are not emulated. */
export async function benchFleet(): Promise<Result[]> {
  const nodes = fork(program('ssh-nodes'))
  const [there] = (await once(nodes, 'message')) as [SshNodes]
  try {
    await fleetMs(there, 1)
    const alone = median([await fleetMs(there, 1), await fleetMs(there, 1), await fleetMs(there, 1)])
    const before = residentMiB(process.pid)
    const together = await fleetMs(there, NODES)
    const after = residentMiB(process.pid)
    return [
      against(
        `plan and apply on ${NODES} nodes over SSH, each ${AWAY_MS} ms away, against one`,
        together,
        alone,
        3,
      ),
      {
        what: `memory with ${NODES} nodes over SSH, against one`,
        ours: `${after.toFixed(0)} MiB`,
        rival: `${before.toFixed(0)} MiB`,
        ratio: after / before,
        rule: 'at most',
        target: 2,
      },
    ]
  } finally {
    nodes.disconnect()
  }
}

/** Signs in at that many fresh workers and sets them up, all at once. */
async function fleetMs(there: SshNodes, count: number): Promise<number> {
  const start = performance.now()
  const hosts = await Promise.all(Array.from({ length: count }, (_, index) => farHost(there, index)))
  try {
    const nodes = hosts.map((host, index) => ({ address: addressOf(index), role: 'worker' as const, host }))
    const config = {
      servers: ['192.0.2.11:6443'],
      podSubnet: '100.64.0.0/10',
      serviceSubnet: '10.96.0.0/22',
    }
    const inventory: Inventory = { nodes, config }
    const plan = await planCluster(inventory, { parallel: count })
    const result = await applyCluster(plan, { parallel: count })
    if (!result.ok) throw new Error(`the nodes were not set up: ${JSON.stringify(result)}`)
    return performance.now() - start
  } finally {
    await Promise.all(hosts.map((host) => host.close()))
  }
}

function addressOf(index: number): string {
  return `192.0.2.${index + 100}`
}

async function farHost({ port, password }: SshNodes, index: number): Promise<NodeHost> {
  const transport = new FarSocket(connect({ host: '127.0.0.1', port, noDelay: true }), AWAY_MS / 2)
  return await sshHost({ address: addressOf(index), password, transport, hostKey: { any: true } })
}

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function against(what: string, ours: number, rival: number, target: number): Result {
  const text = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
  return { what, ours: text(ours), rival: text(rival), ratio: ours / rival, rule: 'at most', target }
}
