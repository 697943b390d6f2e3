import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { TableWatch } from '../lab/table-watch.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000

/** No probe comes within the test but the first one: whatever is seen, the sentinel sees. */
const RARELY = ['--interval', '10m']

/** Something that happens to a server, and what its sentinel may call it. */
interface Fault {
  readonly fault: string
  readonly server: string
  readonly breaks: () => void | Promise<void>
  readonly mends: () => void | Promise<void>
  readonly reasons: RegExp
}

describe('lvscare care and its sentinel', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  let guard: GuardProcess

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
  })
  after(async () => {
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  async function guarding(...flags: string[]): Promise<void> {
    guard = new GuardProcess([...cluster.flags, ...flags])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
  }

  const changed = (server: string, to: string) =>
    guard.logged('server state changed', LIMIT_MS, (line) => line['server'] === server && line['to'] === to)

  /** What the guard tells Prometheus. */
  async function metric(name: string): Promise<number> {
    const text = await (await fetch('http://127.0.0.1:9697/metrics')).text()
    const line = text.split('\n').find((one) => one.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1))
  }

  const FAULTS: readonly Fault[] = [
    {
      fault: 'a killed process',
      server: 'a',
      breaks: () => cluster.server('a').kill(),
      mends: () => cluster.server('a').start(),
      reasons: /^(closed|reset)$/,
    },
    {
      fault: 'a vanished host',
      server: 'b',
      breaks: () => cluster.server('b').host.unplug(),
      mends: () => cluster.server('b').host.plug(),
      reasons: /^(unanswered|timeout|unreachable)$/,
    },
    {
      fault: 'a hung process',
      server: 'c',
      breaks: () => cluster.server('c').stop(),
      mends: () => cluster.server('c').resume(),
      reasons: /^unanswered$/,
    },
  ]
  for (const { fault, server, breaks, mends, reasons } of FAULTS) {
    it(`sees ${fault} between two probes, drains at once, has it confirmed and sees it come back`, async () => {
      await guarding(...RARELY)
      const { endpoint } = cluster.server(server)
      await breaks()
      const suspected = await changed(endpoint, 'draining')
      assert.equal(suspected['outcome'], 'suspected')
      assert.match(String(suspected['reason']), reasons)
      assert.equal((await changed(endpoint, 'down'))['outcome'], 'dead')
      await waitFor('removed', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.has(endpoint) === false)
      assert.equal(await metric(`lvscare_suspicions_total{server="${endpoint}",proved="true"}`), 1)
      await mends()
      await waitFor('back', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(endpoint) === 1)
    })
  }

  it('sees none of it with --sentinel=false', async () => {
    await guarding(...RARELY, '--sentinel=false')
    await cluster.server('a').kill()
    cluster.server('b').stop()
    await new Promise((go) => setTimeout(go, 6000))
    assert.deepEqual([...(membersOf(VIRTUAL.v4)?.values() ?? [])], [1, 1, 1])
    cluster.server('b').resume()
    await cluster.server('a').start()
  })

  it('takes a server back whose connections are ended, and waits longer after the second time', async () => {
    await guarding('--interval', '3s')
    const { endpoint } = cluster.server('a')
    const proved = `lvscare_suspicions_total{server="${endpoint}",proved="false"}`
    for (let times = 1; times <= 2; times += 1) {
      await waitFor('a connection to end', LIMIT_MS, () =>
        metric(`lvscare_sentinel_connected{server="${endpoint}"}`).then((one) => one === 1),
      )
      await cluster.server('a').drop()
      await waitFor(`suspicion ${times} proved false`, LIMIT_MS, () =>
        metric(proved).then((n) => n === times),
      )
    }
    await waitFor('a longer wait', LIMIT_MS, () =>
      metric(`lvscare_sentinel_wait_seconds{server="${endpoint}"}`).then((seconds) => seconds === 1),
    )
    await waitFor('weight 1', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(endpoint) === 1)
    const before = guard.log.length
    await cluster.server('a').drop()
    await waitFor('connected anew', LIMIT_MS, () =>
      metric(`lvscare_sentinel_connected{server="${endpoint}"}`).then((one) => one === 1),
    )
    assert.deepEqual(
      guard.log.slice(before).filter(({ to }) => to !== undefined),
      [],
      'not drained any more',
    )
  })

  it('leaves the rule as it is when every connection ends at once, and when every server hangs', async () => {
    await guarding('--interval', '3s')
    const watch = new TableWatch(VIRTUAL.v4)
    watch.onDuty()
    await Promise.all(cluster.servers.map((server) => server.drop()))
    await waitFor('suspicions proved false', LIMIT_MS, async () => {
      const counts = cluster.servers.map(({ endpoint }) =>
        metric(`lvscare_suspicions_total{server="${endpoint}",proved="false"}`),
      )
      return (await Promise.all(counts)).every((count) => count >= 1)
    })
    for (const server of cluster.servers) server.stop()
    await guard.logged('no server is healthy, the last good set stays', LIMIT_MS)
    for (const { endpoint } of cluster.servers) await changed(endpoint, 'down')
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
    for (const server of cluster.servers) server.resume()
    await guard.logged('a server is healthy again', LIMIT_MS)
    await waitFor('everybody back', LIMIT_MS, () => {
      const weights = [...(membersOf(VIRTUAL.v4)?.values() ?? [])]
      return weights.length === 3 && weights.every((weight) => weight === 1)
    })
    watch.close()
    assert.ok(watch.longestMs < 1000, `empty for ${watch.longestMs} ms`)
  })

  it('costs one TLS handshake for each server, however many probes and PINGs', async () => {
    const before = await Promise.all(cluster.servers.map((server) => server.counters()))
    await guarding('--interval', '300ms')
    const probes = (endpoint: string): Promise<number> =>
      metric(`lvscare_probes_total{server="${endpoint}",outcome="healthy"}`)
    for (const { endpoint } of cluster.servers)
      await waitFor('probes', LIMIT_MS, () => probes(endpoint).then((count) => count >= 15))
    for (const [at, server] of cluster.servers.entries()) {
      const after = await server.counters()
      assert.equal(after.handshakes - (before[at]?.handshakes ?? 0), 1)
      assert.equal(await metric(`lvscare_tls_handshakes_total{server="${server.endpoint}"}`), 1)
    }
  })
})
