import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { KernelError } from '@lvscare/netlink'
import type { ClientSocket } from '../../packages/lvscare/src/clients/clients.ts'
import { KernelClients } from '../../packages/lvscare/src/clients/kernel-clients.ts'
import { parseEndpoint } from '../../packages/lvscare/src/endpoint.ts'
import { PORT } from '../lab/apiserver.ts'
import { openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { NODE } from '../lab/hosts.ts'
import { POD, type PodWatch, TestPod } from '../lab/pod.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 60_000
const NOBODY = 65_534

const never = new AbortController().signal

/** A long-lived connection, and who the kernel says is at its other end. */
interface Client {
  readonly name: string
  readonly server: string
  readonly ended: Promise<string>
  /** How it ended; nothing while it lives. */
  end: string | undefined
  readonly close: () => void
}

/** Where the table says that a client is connected to, in the words of `ipvsadm -Lnc`. */
function serverOf(client: string): string {
  const rows = exec('ipvsadm', '-Lnc').split('\n')
  const own = rows.map((row) => row.trim().split(/ +/)).find((columns) => columns[3] === client)
  return own?.[5] ?? assert.fail(`ipvsadm does not know ${client}`)
}

function endText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

describe('the clients of a real server', () => {
  let cluster: TestCluster
  let pod: TestPod
  const open: Client[] = []

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    pod = new TestPod('pod1')
    pod.create()
    for (const family of ['v4', 'v6'] as const) {
      exec('ip', 'route', 'replace', 'local', VIP[family], 'dev', 'lo', 'table', 'local', 'src', NODE[family])
      exec('ipvsadm', '-A', '-t', VIRTUAL[family], '-s', 'rr')
      for (const { host, endpoint, endpoint6 } of cluster.servers) {
        exec('ipvsadm', '-a', '-t', VIRTUAL[family], '-r', family === 'v4' ? endpoint : endpoint6, '-m')
        host.run('ip', 'route', 'add', POD[family], 'via', NODE[family])
      }
    }
  })
  afterEach(async () => {
    for (const client of open.splice(0)) {
      client.close()
      await client.ended
    }
    // What is closed may still wait for its server's answer, and would be found by the next test.
    await waitFor('the end of every connection', LIMIT_MS, async () => (await everyClient()).length === 0)
  })
  after(async () => {
    for (const vip of [VIP.v4, VIP.v6]) exec('ip', 'route', 'flush', 'table', 'local', vip)
    pod.remove()
    await cluster.remove()
  })

  function take(name: string, local: string, ended: Promise<string>, close: () => void): void {
    const client: Client = { name, server: serverOf(local), ended, end: undefined, close }
    ended.then(
      (how) => {
        client.end = how
      },
      () => assert.fail('a watch only resolves'),
    )
    open.push(client)
  }

  /** One more than there are servers, so that one of them has two. */
  async function openFromNode(name: string, address: string): Promise<void> {
    for (let n = 0; n < 4; n += 1) {
      const { socket, ended } = await openWatch(address, PORT)
      const local = endText(socket.localAddress?.replace('::ffff:', '') ?? '', socket.localPort ?? 0)
      take(`${name} ${n}`, local, ended, () => socket.destroy())
    }
  }

  async function openFromPod(family: 'v4' | 'v6'): Promise<void> {
    for (let n = 0; n < 3; n += 1) {
      const watch: PodWatch = await pod.openWatch(VIP[family], PORT)
      const close = (): void => void watch.process.kill('SIGKILL')
      take(`pod ${family} ${n}`, endText(POD[family], watch.port), watch.ended, close)
    }
  }

  function clientsOf(virtual: string, namespaces: 'own' | 'all'): KernelClients {
    const onSkipped = (error: unknown): never => assert.fail(String(error))
    return new KernelClients({ virtual: parseEndpoint(virtual), namespaces, onSkipped })
  }

  async function everyClient(): Promise<ClientSocket[]> {
    const all = new Set(cluster.servers.flatMap(({ endpoint, endpoint6 }) => [endpoint, endpoint6]))
    const found = [VIRTUAL.v4, VIRTUAL.v6].map((virtual) => clientsOf(virtual, 'all').mappedTo(all, never))
    return (await Promise.all(found)).flat()
  }

  /** What is found, as ends; a pod's has its namespace. */
  function ends(found: readonly ClientSocket[]): string[] {
    return found
      .map(({ server, socket, namespace }) => {
        const where = namespace === undefined ? '' : ' pod'
        return `${endText(socket.local.address, socket.local.port)} ${socket.family} ${server}${where}`
      })
      .sort()
  }

  /** Every client of a server is told ECONNABORTED, and all the others live on. */
  async function onlyEnded(doomed: readonly Client[]): Promise<void> {
    for (const client of doomed) assert.equal(await client.ended, 'ECONNABORTED', client.name)
    assert.deepEqual(
      open.filter(({ end }) => end !== undefined).map(({ name }) => name),
      doomed.map(({ name }) => name),
    )
  }

  it('are found and ended, IPv4, and in an IPv6 socket too; those of other servers and of pods live on', async () => {
    await openFromNode('IPv4', VIP.v4)
    await openFromNode('mapped', `::ffff:${VIP.v4}`)
    await openFromPod('v4')
    const dead = cluster.server('a').endpoint
    const doomed = open.filter(({ name, server }) => server === dead && !name.startsWith('pod'))
    assert.ok(doomed.some(({ name }) => name.startsWith('mapped')) && doomed.length < 8)

    const clients = clientsOf(VIRTUAL.v4, 'own')
    const found = await clients.mappedTo(new Set([dead]), never)
    assert.equal(found.length, doomed.length)
    assert.ok(ends(found).every((text) => text.endsWith(` ${dead}`)))
    assert.equal(
      ends(found).filter((text) => text.includes(' inet6 ')).length,
      doomed.filter(({ name }) => name.startsWith('mapped')).length,
    )
    // With the destination go its entries, but what was found before stays found.
    exec('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', dead)
    assert.deepEqual(await clients.release(found), { ended: doomed.length, gone: 0, error: undefined })
    exec('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', dead, '-m')
    await onlyEnded(doomed)
    assert.deepEqual(await clients.release(found), { ended: 0, gone: doomed.length, error: undefined })
    const others = new Set(cluster.servers.map(({ endpoint }) => endpoint))
    assert.equal((await clients.mappedTo(others, never)).length, 8 - doomed.length)
  })

  for (const family of ['v4', 'v6'] as const) {
    it(`in pods are found and ended with all namespaces, IP${family}`, async () => {
      await openFromNode('node', VIP[family])
      await openFromPod(family)
      const { endpoint, endpoint6 } = cluster.server('b')
      const dead = family === 'v4' ? endpoint : endpoint6
      const doomed = open.filter(({ server }) => server === dead)
      assert.ok(doomed.some(({ name }) => name.startsWith('pod')) && doomed.length < open.length)

      const clients = clientsOf(VIRTUAL[family], 'all')
      const found = await clients.mappedTo(new Set([dead]), never)
      assert.equal(found.length, doomed.length)
      const inPods = ends(found).filter((text) => text.endsWith(' pod'))
      assert.equal(inPods.length, doomed.filter(({ name }) => name.startsWith('pod')).length)
      assert.ok(inPods.every((text) => text.startsWith(family === 'v4' ? POD.v4 : `[${POD.v6}]`)))
      assert.deepEqual(await clients.release(found), { ended: doomed.length, gone: 0, error: undefined })
      await onlyEnded(doomed)
    })
  }

  it('without privilege are found, but none is ended, and the first error says why', async () => {
    await openFromNode('IPv4', VIP.v4)
    const dead = new Set([cluster.server('c').endpoint])
    const skipped: unknown[] = []
    const clients = new KernelClients({
      virtual: parseEndpoint(VIRTUAL.v4),
      namespaces: 'all',
      onSkipped: (error) => void skipped.push(error),
    })
    process.seteuid?.(NOBODY)
    try {
      const found = await clients.mappedTo(dead, never)
      assert.equal(found.length, open.filter(({ server }) => dead.has(server)).length)
      const { error, ...counts } = await clients.release(found)
      assert.deepEqual(counts, { ended: 0, gone: 0 })
      assert.ok(error instanceof KernelError && error.errno === 'EPERM', String(error))
      // It may not look where pods are, and says so once for each way in which it is refused.
      assert.ok(skipped.length > 0 && skipped.length <= 2, String(skipped))
      for (const one of skipped) assert.match(String(one), /EACCES|EPERM/)
    } finally {
      process.seteuid?.(0)
    }
    assert.deepEqual(
      open.filter(({ end }) => end !== undefined),
      [],
    )
  })

  it('in a namespace that has ended are gone', async () => {
    await openFromPod('v4')
    const clients = clientsOf(VIRTUAL.v4, 'all')
    const found = await everyClient()
    assert.equal(found.length, 3)
    for (const client of open) client.close()
    for (const client of open) await client.ended
    pod.remove()
    try {
      await waitFor('the end of the namespace', LIMIT_MS, async () => {
        const { ended, gone, error } = await clients.release(found)
        assert.deepEqual([ended, error], [0, undefined])
        return gone === 3
      })
    } finally {
      pod = new TestPod('pod1')
      pod.create()
    }
  })
})
