import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { attempt, openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { waitFor } from '../lab/wait.ts'

/** Emulation is slow and CI is busy: limits say "stuck", not "slow". Speed is measured by the benchmarks. */
const LIMIT_MS = 20_000

const QUICK = ['--interval', '300ms', '--health-timeout', '2s', '--metrics-address', 'off']

describe('lvscare care, when servers fail', () => {
  let cluster: TestCluster
  let guard: GuardProcess

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    guard = new GuardProcess([...cluster.flags, ...QUICK])
    // The rule is filled before there is a verdict: judged is when it stays so.
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
    await healthyAgain()
  })
  afterEach(healthyAgain)
  after(async () => {
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  async function healthyAgain(): Promise<void> {
    const all = Object.fromEntries(cluster.servers.map(({ endpoint }) => [endpoint, 1]))
    await table(all)
  }

  /** Waits until ipvsadm shows exactly these weights. */
  async function table(weights: Record<string, number>): Promise<void> {
    const wanted = JSON.stringify(Object.entries(weights).sort())
    await waitFor(`table ${wanted}`, LIMIT_MS, () => {
      const members = membersOf(VIRTUAL.v4)
      return members !== undefined && JSON.stringify([...members].sort()) === wanted
    })
  }

  const [A, B, C] = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']

  it('forwards new connections to every server in turn', async () => {
    const answers = []
    for (let n = 0; n < 6; n += 1) answers.push(await attempt(VIP.v4, 6443))
    const servers = answers.map((answer) => ('server' in answer ? answer.server : answer.error))
    assert.deepEqual([...servers].sort(), ['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('takes a killed server out, so that no new connection fails, and puts it back', async () => {
    await cluster.server('a').kill()
    await table({ [B]: 1, [C]: 1 })
    for (let n = 0; n < 6; n += 1) {
      const answer = await attempt(VIP.v4, 6443)
      assert.ok('server' in answer, JSON.stringify(answer))
    }
    const line = await guard.logged('server state changed', LIMIT_MS, ({ to }) => to === 'down')
    assert.equal(line['reason'], 'refused')
    await cluster.server('a').start()
  })

  it('takes an unplugged host out and puts it back', async () => {
    cluster.server('b').host.unplug()
    await table({ [A]: 1, [C]: 1 })
    cluster.server('b').host.plug()
  })

  it('takes a hung process out and puts it back', async () => {
    cluster.server('c').stop()
    await table({ [A]: 1, [B]: 1 })
    cluster.server('c').resume()
  })

  it('drains a sick server: weight 0, and the connections it has stay', async () => {
    const watches = []
    for (let n = 0; n < 3; n += 1) watches.push(await openWatch(VIP.v4, 6443))
    await cluster.server('a').behave('sick')
    await table({ [A]: 0, [B]: 1, [C]: 1 })
    const ended = await Promise.race([
      ...watches.map(({ ended }) => ended),
      new Promise((go) => setTimeout(go, 1500)),
    ])
    assert.equal(ended, undefined, 'no connection ended')
    for (const { socket } of watches) socket.destroy()
    await cluster.server('a').behave('ok')
  })

  it('counts a server that refuses anonymous health checks as healthy, and warns once', async () => {
    await cluster.server('b').behave('unauthorized')
    const message = 'server refuses anonymous health checks, its answer counts as healthy'
    await guard.logged(message, LIMIT_MS)
    await new Promise((go) => setTimeout(go, 1000))
    assert.equal(guard.log.filter(({ msg }) => msg === message).length, 1)
    assert.equal(membersOf(VIRTUAL.v4)?.get(B), 1)
    await cluster.server('b').behave('ok')
  })

  it('takes two servers out that fail at once', async () => {
    await Promise.all([cluster.server('a').kill(), cluster.server('b').kill()])
    await table({ [C]: 1 })
    await cluster.server('a').start()
    await cluster.server('b').start()
  })

  it('keeps the last good set when every server fails, and leaves it when one is back', async () => {
    for (const { host } of cluster.servers) host.unplug()
    await guard.logged('no server is healthy, the last good set stays', LIMIT_MS)
    await table({ [A]: 1, [B]: 1, [C]: 1 })
    // Longer than a probe and its confirmation: nothing leaves later either.
    await new Promise((go) => setTimeout(go, 4000))
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
    cluster.server('c').host.plug()
    await table({ [C]: 1 })
    for (const { host } of cluster.servers) host.plug()
  })

  it('restores a flushed table', async () => {
    exec('ipvsadm', '-C')
    await healthyAgain()
    assert.ok('server' in (await attempt(VIP.v4, 6443)))
  })

  it('restores a deleted service, a changed weight, scheduler and forwarding method, in place', async () => {
    exec('ipvsadm', '-D', '-t', VIRTUAL.v4)
    await healthyAgain()
    exec('ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', A, '-m', '-w', '7')
    await healthyAgain()
    const watch = await openWatch(VIP.v4, 6443)
    exec('ipvsadm', '-E', '-t', VIRTUAL.v4, '-s', 'wlc', '-p', '60')
    await waitFor('scheduler rr', LIMIT_MS, () => savedTable().includes(`-A -t ${VIRTUAL.v4} -s rr`))
    exec('ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', B, '-i', '-w', '1')
    await waitFor('method masq', LIMIT_MS, () => savedTable().includes(`-a -t ${VIRTUAL.v4} -r ${B} -m -w 1`))
    assert.equal(await Promise.race([watch.ended, Promise.resolve('open')]), 'open')
    watch.socket.destroy()
  })

  it('lets a stranger in its service leave, and no stranger elsewhere', async () => {
    exec('ipvsadm', '-A', '-t', '10.9.9.9:80', '-s', 'wrr')
    exec('ipvsadm', '-a', '-t', '10.9.9.9:80', '-r', '192.0.2.77:80', '-m', '-w', '3')
    exec('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', '192.0.2.77:6443', '-m', '-w', '5')
    await healthyAgain()
    assert.deepEqual([...(membersOf('10.9.9.9:80') ?? [])], [['192.0.2.77:80', 3]])
    exec('ipvsadm', '-D', '-t', '10.9.9.9:80')
  })

  it('restores the deleted route, and the source address in it', async () => {
    const shown = (): string => exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)
    const route = shown()
    assert.match(route, /^local 10\.103\.97\.2 dev lo proto 77 scope host src 192\.0\.2\.1/)
    exec('ip', 'route', 'del', 'table', 'local', 'local', VIP.v4)
    await waitFor('the route', LIMIT_MS, () => shown() === route)
    exec('ip', 'route', 'replace', 'table', 'local', 'local', VIP.v4, 'dev', 'lo', 'src', '127.0.0.1')
    await waitFor('the source', LIMIT_MS, () => shown() === route)
  })
})
