import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { openWatch, type Watch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { serverOfPort } from '../lab/connection-table.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { TestPod } from '../lab/pod.ts'
import { waitFor } from '../lab/wait.ts'
import { setSetting, settings } from '../lab/world.ts'

const LIMIT_MS = 30_000
const QUICK = ['--interval', '1s', '--metrics-address', 'off']

/** A watch through the virtual IP, and the server it went to. */
interface Placed {
  readonly watch: Watch
  readonly server: string
}

describe('lvscare care and the clients of its servers', () => {
  let cluster: TestCluster
  let guard: GuardProcess
  let open: Placed[] = []
  /** What a test broke is mended even when it fails. */
  const mends: (() => void | Promise<void>)[] = []

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    for (const mend of mends.splice(0)) await mend()
    for (const { watch } of open) watch.socket.destroy()
    open = []
    exec('ipvsadm', '-C')
  })
  after(async () => {
    for (const { v4, v6 } of [VIP]) {
      exec('ip', 'route', 'flush', 'table', 'local', v4)
      exec('ip', '-6', 'route', 'flush', 'table', 'local', v6)
    }
    for (const name of Object.keys(settings())) setSetting(name, '0')
    await cluster.remove()
  })

  async function guarding(...flags: string[]): Promise<void> {
    guard = new GuardProcess([...(flags.includes('--vs') ? [] : cluster.flags), ...QUICK, ...flags])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
  }

  function unplug(name: string): void {
    const { host } = cluster.server(name)
    host.unplug()
    mends.push(() => host.plug())
  }

  /** Returns what starts it again. */
  async function kill(name: string): Promise<() => Promise<void>> {
    const server = cluster.server(name)
    let isDead = true
    const start = async (): Promise<void> => {
      if (isDead) await server.start()
      isDead = false
    }
    await server.kill()
    mends.push(start)
    return start
  }

  /** Opens so many watches, one after the other. */
  async function openWatches(count: number, address: string = VIP.v4): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const watch = await openWatch(address, 6443)
      const server = serverOfPort(watch.socket.localPort ?? 0)
      assert.ok(server !== undefined, 'the kernel knows the connection')
      open.push({ watch, server })
    }
  }

  /** How the watches to a server ended; waits for them. */
  async function endsOf(server: string): Promise<string[]> {
    const ends = open.filter((one) => one.server === server).map(({ watch }) => watch.ended)
    const late = new Promise<string>((resolve) => setTimeout(resolve, LIMIT_MS, 'still open').unref())
    return await Promise.all(ends.map((ended) => Promise.race([ended, late])))
  }

  async function assertOpen(placed: readonly Placed[]): Promise<void> {
    for (const { watch, server } of placed) {
      const now = await Promise.race([watch.ended, Promise.resolve('open')])
      assert.equal(now, 'open', `a watch on ${server}`)
    }
  }

  const ended = (cause: string, server: string) =>
    guard.logged(
      'connections ended',
      LIMIT_MS,
      (line) => line['cause'] === cause && line['server'] === server,
    )

  for (const { family, vip, flags, endpoint } of [
    { family: 'IPv4', vip: VIP.v4, flags: () => cluster.flags, endpoint: '192.0.2.11:6443' },
    { family: 'IPv6', vip: VIP.v6, flags: () => cluster.flags6, endpoint: '[2001:db8::b]:6443' },
  ]) {
    it(`ends the idle streams of a vanished ${family} server, and no others`, async () => {
      await guarding(...flags())
      await openWatches(6, vip)
      unplug('a')
      assert.deepEqual(await endsOf(endpoint), ['ECONNABORTED', 'ECONNABORTED'])
      assert.equal((await ended('down', endpoint))['ended'], 2)
      assert.equal(membersOf(family === 'IPv4' ? VIRTUAL.v4 : VIRTUAL.v6)?.has(endpoint), false)
      await assertOpen(open.filter(({ server }) => server !== endpoint))
      assert.equal(guard.records('connections ended').length, 1)
    })
  }

  it('ends the streams of a hung server', async () => {
    await guarding()
    await openWatches(3)
    cluster.server('b').stop()
    mends.push(() => cluster.server('b').resume())
    assert.deepEqual(await endsOf('192.0.2.12:6443'), ['ECONNABORTED'])
    await assertOpen(open.filter(({ server }) => server !== '192.0.2.12:6443'))
  })

  it('leaves no stream of a killed server, and ends no others', async () => {
    await guarding()
    await openWatches(3)
    await kill('c')
    const [end = ''] = await endsOf('192.0.2.13:6443')
    assert.match(end, /^(ECONNABORTED|ECONNRESET|closed)$/)
    await guard.logged('server state changed', LIMIT_MS, ({ to }) => to === 'down')
    await assertOpen(open.filter(({ server }) => server !== '192.0.2.13:6443'))
  })

  it('leaves them alone with --reset-connections=false', async () => {
    await guarding('--reset-connections=false')
    await openWatches(3)
    unplug('a')
    await waitFor('a gone', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.has('192.0.2.11:6443') === false)
    await new Promise((go) => setTimeout(go, 2000))
    await assertOpen(open)
  })

  it('leaves those of a drained server alone, and ends them after --drain-timeout', async () => {
    await guarding('--drain-timeout', '4s')
    await openWatches(3)
    await cluster.server('a').behave('sick')
    mends.push(() => cluster.server('a').behave('ok'))
    await waitFor('drained', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get('192.0.2.11:6443') === 0)
    await assertOpen(open)
    assert.deepEqual(await endsOf('192.0.2.11:6443'), ['ECONNABORTED'])
    assert.equal((await ended('drain-timeout', '192.0.2.11:6443'))['ended'], 1)
    assert.equal(membersOf(VIRTUAL.v4)?.get('192.0.2.11:6443'), 0)
    await assertOpen(open.filter(({ server }) => server !== '192.0.2.11:6443'))
  })

  it('gives a server that comes back its weight in steps with --slow-start', async () => {
    await guarding('--scheduler', 'wrr', '--slow-start', '5s')
    const weight = (): number | undefined => membersOf(VIRTUAL.v4)?.get('192.0.2.12:6443')
    await waitFor('full weights', LIMIT_MS, () => weight() === 10)
    const start = await kill('b')
    await waitFor('b gone', LIMIT_MS, () => weight() === undefined)
    await start()
    const seen = new Set<number>()
    await waitFor('full weight', LIMIT_MS, () => {
      const now = weight()
      if (now !== undefined) seen.add(now)
      return now === 10
    })
    const steps = [...seen]
    assert.deepEqual(
      steps,
      [...steps].sort((one, other) => one - other),
      'only ever more',
    )
    assert.ok(steps.length >= 4, `several steps: ${steps}`)
    assert.ok((steps[0] ?? 10) < 10, `not all at once: ${steps}`)
  })

  it('spreads long-lived connections again with --rebalance', async () => {
    await guarding('--rebalance', '10')
    const start = await kill('c')
    await waitFor('c gone', LIMIT_MS, () => {
      const members = membersOf(VIRTUAL.v4)
      return (
        members?.size === 2 && members.get('192.0.2.11:6443') === 1 && members.get('192.0.2.12:6443') === 1
      )
    })
    await openWatches(8)
    await start()
    // A share is 3 of 8. A server may have been suspected meanwhile, on a busy machine, and so have got fewer.
    const surplus = ['192.0.2.11:6443', '192.0.2.12:6443'].map(
      (server) => [server, Math.max(0, open.filter((one) => one.server === server).length - 3)] as const,
    )
    for (const [server, count] of surplus)
      if (count > 0) assert.equal((await ended('rebalance', server))['ended'], count)
    const states = (): Promise<string[]> =>
      Promise.all(open.map(({ watch }) => Promise.race([watch.ended, Promise.resolve('open')])))
    const gone = surplus.reduce((sum, [, count]) => sum + count, 0)
    assert.ok(gone >= 2, `somebody has more than its share: ${surplus.join(' ')}`)
    // The guard says so as soon as the kernel has done it; we hear of it a little later.
    const isOver = async (): Promise<boolean> =>
      (await states()).filter((one) => one !== 'open').length >= gone
    await waitFor('their ends', LIMIT_MS, isOver)
    assert.deepEqual((await states()).sort(), [
      ...Array<string>(gone).fill('ECONNABORTED'),
      ...Array<string>(8 - gone).fill('open'),
    ])
  })

  describe('of pods', () => {
    const pod = new TestPod('pod1')
    before(() => pod.create())
    after(() => {
      pod.remove()
    })

    it('ends theirs too with --reset-connections=all-namespaces', async () => {
      await guarding('--masquerade', '--reset-connections=all-namespaces')
      const watches = []
      for (let n = 0; n < 3; n += 1) watches.push(await pod.openWatch(VIP.v4, 6443))
      const places = watches.map(({ port }) => serverOfPort(port))
      assert.deepEqual([...places].sort(), ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443'])
      unplug('a')
      const dead = watches[places.indexOf('192.0.2.11:6443')]
      const late = new Promise<string>((resolve) => setTimeout(resolve, LIMIT_MS, 'still open').unref())
      assert.equal(await Promise.race([dead?.ended, late]), 'ECONNABORTED')
      for (const watch of watches.filter((one) => one !== dead))
        assert.equal(await Promise.race([watch.ended, Promise.resolve('open')]), 'open')
      for (const { process } of watches) process.kill('SIGKILL')
    })
  })
})
