import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, execWith, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { membersNow } from '../lab/proc-table.ts'
import { LVSCARE, program } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 20_000
const [A, B] = ['192.0.2.11:6443', '192.0.2.12:6443']
const QUICK = ['--interval', '200ms', '--health-timeout', '2s']

/** A disk that is nearly full, of something that can be removed. */
const DISK = { path: '/run/lvscare-disk', bytes: 64 * 1024, filler: 48 * 1024 }

/** Routes that come and go, for `ip -batch`. */
const NOISE = Array.from({ length: 1000 }, (_, n) => {
  const route = `203.0.113.${n % 250}/32 dev lo table 99`
  return `route add ${route}\nroute del ${route}\n`
}).join('')

describe('lvscare care, short of something', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  const others: ChildProcess[] = []
  before(async () => {
    cluster = await TestCluster.create('a', 'b')
  })
  afterEach(async () => {
    for (const child of others.splice(0)) {
      const ended = once(child, 'close')
      if (child.kill('SIGKILL')) await ended
    }
    await GuardProcess.killAll()
    // A test that failed may have left a server dead.
    for (const server of cluster.servers) await server.behave('ok').catch(() => server.start())
    outcome(['umount', DISK.path])
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(() => cluster.remove())

  function hasMembers(...wanted: string[]): boolean {
    return [...(membersNow(VIRTUAL.v4) ?? [])].sort().join(' ') === wanted.map((one) => `${one},1`).join(' ')
  }

  async function mendsFlushedTable(): Promise<void> {
    exec('ipvsadm', '-C')
    await waitFor('repair', LIMIT_MS, () => hasMembers(A, B))
  }

  it('of file descriptors: it goes on with what it has, says so, judges nobody by it, and recovers', async () => {
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    const judged = (): boolean => guard.log.filter(({ to }) => to === 'up').length === 2
    await waitFor('verdicts', LIMIT_MS, judged)
    const descriptors = (limit: number): void =>
      void exec('prlimit', '--pid', String(guard.process.pid), `--nofile=${limit}:`)
    descriptors(3)
    await mendsFlushedTable()
    await cluster.server('b').kill()
    await guard.logged('server cannot be probed', LIMIT_MS, ({ server }) => server === B)
    await fetch('http://127.0.0.1:9697/metrics', { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
    // Several rounds of probes.
    await delay(2000)
    // Its connection has ended, so it is suspected; but no probe could find it dead, and A it could not find anything.
    assert.deepEqual([...(membersNow(VIRTUAL.v4) ?? [])].sort(), [
      [A, 1],
      [B, 0],
    ])
    descriptors(1024)
    await waitFor('removal', LIMIT_MS, () => hasMembers(A))
    await guard.logged('server can be probed again', LIMIT_MS, ({ server }) => server === B)
    await cluster.server('b').start()
    await waitFor('return', LIMIT_MS, () => hasMembers(A, B))
    assert.equal((await fetch('http://127.0.0.1:9697/healthz')).status, 200)
    assert.equal((await guard.stop()).code, 0)
  })

  it('of room for its log: it goes on, and writes again when there is room', async () => {
    mkdirSync(DISK.path, { recursive: true })
    exec('mount', '-t', 'tmpfs', '-o', `size=${DISK.bytes}`, 'tmpfs', DISK.path)
    writeFileSync(`${DISK.path}/filler`, Buffer.alloc(DISK.filler))
    const file = `${DISK.path}/log`
    const flags = [...cluster.flags, '--interval', '20ms', '--log-level', 'debug', '--metrics-address', 'off']
    const guard = spawn(process.execPath, [LVSCARE, 'care', ...flags], {
      stdio: ['ignore', 'ignore', openSync(file, 'a')],
    })
    others.push(guard)
    await waitFor('members', LIMIT_MS, () => hasMembers(A, B))
    await waitFor('a full disk', LIMIT_MS, () => statfsSync(DISK.path).bavail === 0)
    await mendsFlushedTable()
    const full = readFileSync(file).length
    rmSync(`${DISK.path}/filler`)
    await waitFor('new records', LIMIT_MS, () => readFileSync(file).length > full)
    await mendsFlushedTable()
    guard.kill('SIGTERM')
    assert.deepEqual(await once(guard, 'close'), [0, null])
  })

  it('of room for what the kernel tells it: a deletion whose notice was lost is mended all the same', async () => {
    const guard = new GuardProcess([...cluster.flags, ...QUICK, '--metrics-address', 'off'])
    const route = (): string => exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)
    await waitFor('members', LIMIT_MS, () => hasMembers(A, B) && route() !== '')
    const whole = route()
    for (let round = 0; round < 3; round += 1) {
      guard.process.kill('SIGSTOP')
      // Far more than a socket holds.
      execWith(NOISE, 'ip', '-batch', '-')
      exec('ip', 'route', 'del', 'table', 'local', 'local', VIP.v4)
      guard.process.kill('SIGCONT')
      await waitFor('the route', LIMIT_MS, () => route() === whole)
    }
    assert.equal((await guard.stop()).code, 0)
  })

  it('of sense in what a server says: that server leaves, and comes back with a meaning', async () => {
    const guard = new GuardProcess([...cluster.flags, ...QUICK, '--metrics-address', 'off'])
    await waitFor('members', LIMIT_MS, () => hasMembers(A, B))
    await cluster.server('b').kill()
    // It sends back whatever it is told.
    const { host } = cluster.server('b')
    const echo = ['netns', 'exec', host.name, process.execPath, program('echo'), '6443', host.v4]
    others.push(spawn('ip', echo, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
    await guard.logged('server state changed', LIMIT_MS, ({ server, to }) => server === B && to === 'down')
    await waitFor('removal', LIMIT_MS, () => hasMembers(A))
    await delay(2000)
    const [garbler] = others.splice(0)
    if (garbler?.kill('SIGKILL')) await once(garbler, 'close')
    await cluster.server('b').start()
    await waitFor('return', LIMIT_MS, () => hasMembers(A, B))
    assert.equal((await guard.stop()).code, 0)
  })
})
