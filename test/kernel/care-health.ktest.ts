import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Mode } from '../lab/apiserver-answers.ts'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const QUICK = [
  '--interval',
  '200ms',
  '--health-timeout',
  '3s',
  '--metrics-address',
  'off',
  '--log-level',
  'debug',
]
const [A, B, C] = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443'] as const
const ALL = { [A]: 1, [B]: 1, [C]: 1 }

/** Waits until ipvsadm shows exactly these weights. */
async function table(weights: Record<string, number>): Promise<void> {
  const wanted = JSON.stringify(Object.entries(weights).sort())
  await waitFor(`table ${wanted}`, LIMIT_MS, () => {
    const members = membersOf(VIRTUAL.v4)
    return members !== undefined && JSON.stringify([...members].sort()) === wanted
  })
}

/** Every verdict on a server so far, such as `healthy` or, where it changed the state, `sick>draining`. */
function verdictsOn(guard: GuardProcess, server: string): string[] {
  const lines = guard.log.filter((line) => line['server'] === server && line['outcome'] !== undefined)
  return lines.map(({ outcome, to }) => (to === undefined ? `${outcome}` : `${outcome}>${to}`))
}

function residentMiB(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Probes of a server within some time. */
async function probesIn(guard: GuardProcess, server: string, ms: number): Promise<number> {
  const count = verdictsOn(guard, server).length
  await delay(ms)
  return verdictsOn(guard, server).length - count
}

/** Waits until the verdicts on server A have gone like this. */
async function told(guard: GuardProcess, pattern: RegExp): Promise<void> {
  await waitFor(`verdicts ${pattern}`, LIMIT_MS, () => pattern.test(verdictsOn(guard, A).join(' ')))
}

describe('lvscare care, judging servers', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    // A test that failed may have left a server dead.
    for (const server of cluster.servers) await server.behave('ok').catch(() => server.start())
  })
  after(() => cluster.remove())

  /** A guard that has judged every server, and found it healthy. */
  async function judging(...flags: string[]): Promise<GuardProcess> {
    const guard = new GuardProcess([...cluster.flags, ...QUICK, ...flags])
    await waitFor('verdicts', LIMIT_MS, () =>
      [A, B, C].every((one) => verdictsOn(guard, one).includes('healthy>up')),
    )
    await table(ALL)
    return guard
  }

  it('takes --fall sick probes to drain a server, and --rise healthy ones to take it back', async () => {
    const guard = await judging('--rise', '3', '--fall', '3')
    await cluster.server('a').behave('sick')
    await table({ ...ALL, [A]: 0 })
    await cluster.server('a').behave('ok')
    await table(ALL)
    await told(guard, /healthy sick sick sick>draining( sick)* healthy healthy healthy>up/)
  })

  it('keeps a dead server out until --rise is reached', async () => {
    const guard = await judging('--rise', '3', '--fall', '3')
    await cluster.server('a').kill()
    await table({ [B]: 1, [C]: 1 })
    await cluster.server('a').start()
    await table(ALL)
    await told(guard, /(suspected|dead)>draining dead>down( dead)+ healthy healthy healthy>up/)
  })

  it('empties the rule with --all-down remove, and fills it again', async () => {
    const guard = await judging('--all-down', 'remove')
    for (const server of cluster.servers) await server.kill()
    await table({})
    await guard.logged('no server is healthy, the rule is empty', LIMIT_MS)
    await cluster.server('b').start()
    await table({ [B]: 1 })
    for (const name of ['a', 'c']) await cluster.server(name).start()
    await table(ALL)
  })

  it('counts the statuses of --health-status as healthy, and no others', async () => {
    const guard = await judging('--health-status', '429,503')
    await cluster.server('a').behave('status 429')
    await guard.logged(
      'server probed',
      LIMIT_MS,
      ({ reason, status }) => reason === 'listed' && status === 429,
    )
    assert.equal(membersOf(VIRTUAL.v4)?.get(A), 1)
    await cluster.server('a').behave('status 500')
    await table({ ...ALL, [A]: 0 })
  })

  it('asks by the method, with the headers and the body that it was told to', async () => {
    await judging('--health-req-method', 'HEAD', '--health-req-headers', 'Host=kubernetes,x-probe=1')
    await GuardProcess.killAll()
    await judging('--health-req-method', 'POST', '--health-req-body', '{"ready":true}')
  })

  it('survives servers that trickle, flood, lie and slam doors: the others go on, and memory stays', async () => {
    const guard = await judging()
    const { pid } = guard.process
    const expected: Partial<Record<Mode, 'stays' | 'leaves'>> = {
      redirect: 'stays',
      bomb: 'stays',
      cut: 'stays',
      endless: 'stays',
      trickle: 'leaves',
      'huge-headers': 'leaves',
      silent: 'leaves',
      'reset-in-tls': 'leaves',
      garbage: 'leaves',
    }
    const before = { memory: residentMiB(pid), files: readdirSync(`/proc/${pid}/fd`).length }
    for (const [mode, fate] of Object.entries(expected)) {
      await cluster.server('a').behave(mode as Mode)
      await (fate === 'leaves' ? table({ [B]: 1, [C]: 1 }) : probesIn(guard, A, 2000))
      if (fate === 'stays') assert.deepEqual(Object.fromEntries(membersOf(VIRTUAL.v4) ?? []), ALL, mode)
      await cluster.server('a').behave('ok')
      await table(ALL)
      assert.ok('server' in (await attempt(VIP.v4, 6443)))
    }
    assert.ok(!verdictsOn(guard, B).includes('dead'), 'the others were never dead')
    assert.ok(readdirSync(`/proc/${pid}/fd`).length <= before.files + 2, 'no file descriptor is left open')
    const grown = residentMiB(pid) - before.memory
    assert.ok(grown < 24, `memory grew by ${grown} MiB`)
  })

  it('probes a server as often as before while another one is a black hole', async () => {
    const guard = await judging()
    const usual = await probesIn(guard, B, 3000)
    cluster.server('a').host.unplug()
    await guard.logged(
      'server state changed',
      LIMIT_MS,
      ({ server, to }) => server === A && to === 'draining',
    )
    const meanwhile = await probesIn(guard, B, 3000)
    cluster.server('a').host.plug()
    assert.ok(meanwhile >= usual * 0.6, `${meanwhile} probes in 3 s, against ${usual} before`)
  })

  it('goes on through a shortage of file descriptors: says so, believes no verdict, and recovers', async () => {
    const guard = await judging()
    // Descriptors that are open stay so; not one more can be had.
    exec('prlimit', '--pid', `${guard.process.pid}`, '--nofile=3:4096')
    for (const server of cluster.servers) await server.drop()
    for (const server of [A, B, C]) {
      const line = await guard.logged('server cannot be probed', LIMIT_MS, (one) => one['server'] === server)
      assert.match(String(line['detail']), /EMFILE/)
    }
    await cluster.server('a').kill()
    await delay(2000)
    assert.deepEqual(Object.fromEntries(membersOf(VIRTUAL.v4) ?? []), ALL)
    exec('prlimit', '--pid', `${guard.process.pid}`, '--nofile=1024:4096')
    await table({ [B]: 1, [C]: 1 })
    await guard.logged('server can be probed again', LIMIT_MS, ({ server }) => server === B)
    await cluster.server('a').start()
    await table(ALL)
  })
})

const skip = process.env['LVSCARE_SUITE_ON'] === 'host' && 'it sets the clock of the machine it runs on'

describe('lvscare care, when the clock jumps', { skip: skip || ranOn('6.1') }, () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  after(async () => {
    setClock(0)
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  /** Seconds away from the true time, which the monotonic clock knows. */
  function setClock(away: number): void {
    const now = (performance.timeOrigin + performance.now()) / 1000
    exec('date', '-s', `@${Math.round(now + away)}`)
  }

  it('changes nothing: no verdict, no state, and not how often it probes', async () => {
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
    await table(ALL)
    const usual = await probesIn(guard, B, 2000)
    for (const away of [3600, -3600, 20 * 365 * 86_400, -20 * 365 * 86_400]) {
      setClock(away)
      const probes = await probesIn(guard, B, 2000)
      assert.ok(probes > usual / 2 && probes < usual * 2, `${probes} probes in 2 s, against ${usual} before`)
      // A new connection too.
      await cluster.server('b').drop()
    }
    setClock(0)
    await table(ALL)
    // A connection that is ended is suspicious, whatever the time; that is all there may be.
    const changes = guard.records('server state changed').filter(({ from }) => from !== 'unknown')
    const odd = changes.filter(
      ({ outcome }) => !['suspected', 'cleared', 'healthy'].includes(String(outcome)),
    )
    assert.deepEqual(odd, [])
    await cluster.server('a').kill()
    await table({ [B]: 1, [C]: 1 })
  })
})
