import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { applyCluster, type Inventory, type NodeHost, planCluster } from '@lvscare/installer'
import { memoryHost } from '@lvscare/installer/testing'
import { Authority } from '../lab/authority.ts'
import { VIP } from '../lab/cluster.ts'
import { clusterFlags, ended, installer } from '../lab/installer.ts'
import { ENDPOINT_NAME, KubeCluster } from '../lab/kube-cluster.ts'
import { residentMiB } from './process.ts'
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

/** What a node costs among 50; on this machine, where the processors are not emulated. */
export async function benchFleet(): Promise<Result[]> {
  const authority = new Authority()
  const pair = authority.issue({ names: [`IP:${VIP.v4}`, `DNS:${ENDPOINT_NAME}`] })
  authority.close()
  const server = createServer(pair, (_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await fleetMs(server, 1)
    const alone = await fleetMs(server, 1)
    const before = residentMiB(process.pid)
    const together = await fleetMs(server, NODES)
    const after = residentMiB(process.pid)
    return [
      against(`plan and apply on ${NODES} nodes, each ${AWAY_MS} ms away, against one`, together, alone, 3),
      {
        what: `memory with ${NODES} nodes, against one`,
        ours: `${after.toFixed(0)} MiB`,
        rival: `${before.toFixed(0)} MiB`,
        ratio: after / before,
        rule: 'at most',
        target: 2,
      },
    ]
  } finally {
    server.close()
  }
}

/** Sets that many fresh workers up, all at once. */
async function fleetMs(server: Server, count: number): Promise<number> {
  const nodes = Array.from({ length: count }, (_, index) => ({
    address: `192.0.2.${index + 100}`,
    role: 'worker' as const,
    host: farNode(`node-${index}`, server),
  }))
  const config = { servers: ['192.0.2.11:6443'], podSubnet: '100.64.0.0/10', serviceSubnet: '10.96.0.0/22' }
  const inventory: Inventory = { nodes, config }
  const start = performance.now()
  const result = await applyCluster(await planCluster(inventory, { parallel: count }), { parallel: count })
  const ms = performance.now() - start
  if (!result.ok) throw new Error(`the nodes were not set up: ${JSON.stringify(result)}`)
  return ms
}

/** A node in memory, on which every program ends well, and whose every answer takes its time. */
function farNode(name: string, server: Server): NodeHost {
  const host = memoryHost({ name })
  host.onExec(() => ({ code: 0, stdout: '' }))
  const { port } = server.address() as AddressInfo
  host.onConnect(() => connect(port, '127.0.0.1'))
  const far = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      await delay(AWAY_MS)
      return await call(...args)
    }
  }
  return {
    name,
    readFile: far(host.readFile),
    stat: far(host.stat),
    list: far(host.list),
    writeFileAtomic: far(host.writeFileAtomic),
    makeDirectory: far(host.makeDirectory),
    remove: far(host.remove),
    exec: far(host.exec),
    connect: far(host.connect),
    rule: { observe: far(host.rule.observe), set: far(host.rule.set), clean: far(host.rule.clean) },
    close: host.close,
  }
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
