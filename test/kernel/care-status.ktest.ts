import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, afterEach, before, describe, it } from 'node:test'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, outcome } from '../lab/exec.ts'
import { GuardProcess, type LogLine } from '../lab/guard.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { LVSCARE } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const NOBODY = 65534

/** What the tests look at of one virtual server. */
interface Service {
  readonly source: string
  readonly virtual: string
  readonly guardError: string | null
  readonly guard: { readonly pid: number; readonly ready: boolean; readonly active: boolean } | null
  readonly servers: readonly {
    readonly server: string
    readonly state: string | null
    readonly weight: number | null
    readonly why: { readonly reason: string } | null
    readonly failingSeconds: number | null
    readonly certificate: { readonly daysLeft: number } | null
  }[]
}

function lvscare(...args: string[]): ReturnType<typeof outcome> {
  return outcome([process.execPath, LVSCARE, ...args], { timeout: 60_000 })
}

function servicesOf(json: string): Service[] {
  return JSON.parse(json).services
}

/** `lvscare status --json`. */
function status(...args: string[]): Service[] {
  const { code, stdout, stderr } = lvscare('status', '--json', ...args)
  assert.equal(code, 0, stderr)
  assert.equal(stdout.split('\n').length, 2)
  return servicesOf(stdout)
}

function states([service]: readonly Service[]): Record<string, string | null> {
  return Object.fromEntries((service?.servers ?? []).map(({ server, state }) => [server, state]))
}

/** What a program prints on a terminal, which `script` makes for it. */
function onTerminal(...args: string[]): string {
  const command = [process.execPath, LVSCARE, ...args].join(' ')
  return exec('script', '-qec', command, '/dev/null').replaceAll('\r\n', '\n')
}

describe('lvscare status', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  const children: ChildProcess[] = []
  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    for (const vip of [VIP.v4, VIP.v6]) exec('ip', 'route', 'flush', 'table', 'local', vip)
  })
  after(() => cluster.remove())

  const quick = ['--interval', '300ms', '--health-timeout', '5s', '--metrics-address', 'off']

  /** A guard that has a verdict on each server. */
  async function guarded(flags: readonly string[] = cluster.flags): Promise<GuardProcess> {
    const guard = new GuardProcess([...flags, ...quick])
    for (const server of flags.filter((_, at) => flags[at - 1] === '--rs'))
      await guard.logged('server state changed', LIMIT_MS, (line) => line['server'] === server)
    return guard
  }

  it('shows what the guard knows, as JSON for programs', async () => {
    const guard = await guarded()
    await cluster.server('b').behave('sick')
    const { endpoint } = cluster.server('b')
    const isDrained = ({ server, reason }: LogLine): boolean => server === endpoint && reason === 'status'
    await guard.logged('server state changed', LIMIT_MS, isDrained)
    await waitFor('weight 0', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(endpoint) === 0)
    const [service, ...others] = status()
    assert.deepEqual(others, [])
    assert.equal(service?.source, 'guard')
    assert.equal(service.virtual, VIRTUAL.v4)
    assert.equal(service.guard?.pid, guard.process.pid)
    assert.equal(service.guard?.ready, true)
    assert.deepEqual(
      service.servers.map(({ state, weight, why }) => [state, weight, why?.reason]),
      [
        ['up', 1, 'ok'],
        ['draining', 0, 'status'],
        ['up', 1, 'ok'],
      ],
    )
    assert.ok((service.servers[1]?.failingSeconds ?? -1) >= 0)
    assert.ok((service.servers[0]?.certificate?.daysLeft ?? 0) > 28)
    assert.deepEqual(status('--vs', VIRTUAL.v4)[0]?.virtual, VIRTUAL.v4)
    await cluster.server('b').behave('ok')
  })

  it('shows it as a table for people, who need no privilege for that', async () => {
    await guarded()
    const { code, stdout, stderr } = outcome([process.execPath, LVSCARE, 'status'], {
      uid: NOBODY,
      timeout: 60_000,
    })
    assert.equal(code, 0, stderr)
    assert.match(
      stdout,
      /^10\.103\.97\.2:6443: scheduler rr, mode local\nguard \S+, pid \d+, running for \S+, active, ready\n\n/,
    )
    for (const { endpoint } of cluster.servers)
      assert.match(
        stdout,
        new RegExp(`^${endpoint} +up +ok 200 +\\d+s +1 +\\d+ +\\d+ +\\d+ +ok 200 in \\d+ ms, \\ds ago$`, 'm'),
      )
  })

  it('shows every guard, or the one that is named', async () => {
    await guarded()
    await guarded(cluster.flags6)
    assert.deepEqual(
      status().map(({ virtual }) => virtual),
      [VIRTUAL.v4, VIRTUAL.v6],
    )
    const [named] = status('--vs', VIRTUAL.v6)
    assert.deepEqual(
      Object.keys(states(named === undefined ? [] : [named])),
      cluster.servers.map(({ endpoint6 }) => endpoint6),
    )
  })

  it('shows what the kernel has when the guard was killed, however the virtual IP is reached', async () => {
    const { servers, flags, flags6 } = cluster
    const [v4, v6] = [servers.map(({ endpoint }) => endpoint), servers.map(({ endpoint6 }) => endpoint6)]
    const cases = [
      { mode: 'local', virtual: VIRTUAL.v4, flags, members: v4 },
      { mode: 'route', virtual: VIRTUAL.v4, flags, members: v4 },
      { mode: 'link', virtual: VIRTUAL.v4, flags, members: v4 },
      { mode: 'local', virtual: VIRTUAL.v6, flags: flags6, members: v6 },
    ]
    for (const { mode, virtual, flags: given, members } of cases) {
      const guard = await guarded([...given, '--mode', mode])
      await guard.kill()
      exec('ipvsadm', '-e', '-t', virtual, '-r', members.at(-1) ?? '', '-m', '-w', '7')
      const [service] = status()
      assert.equal(service?.source, 'kernel', mode)
      assert.deepEqual(
        service.servers.map(({ server, state, weight }) => [server, state, weight]).sort(),
        members.map((server, at) => [server, null, at === 2 ? 7 : 1]),
      )
      assert.match(lvscare('status').stdout, /no guard runs: this is what the kernel has/)
      assert.equal(lvscare('care', '--vs', virtual, '--clean').code, 0)
    }
  })

  it('shows what the kernel has while the guard hangs, and says that it does', async () => {
    const guard = await guarded()
    guard.process.kill('SIGSTOP')
    const [service] = status()
    assert.equal(service?.source, 'kernel')
    assert.match(service.guardError ?? '', /does not answer/)
    assert.equal(service.servers.length, 3)
    guard.process.kill('SIGCONT')
    await waitFor('the guard', LIMIT_MS, () => status()[0]?.source === 'guard')
  })

  it('has nothing to show where there is nothing, does not mistake the rules of others, and loads no module', async () => {
    exec('ipvsadm', '-A', '-t', '10.96.0.1:443', '-s', 'rr')
    for (const args of [[], ['--vs', VIRTUAL.v4]]) {
      const { code, stdout, stderr } = lvscare('status', ...args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /^lvscare: no guard [^\n]*\n$/)
    }
    assert.equal(status('--vs', '10.96.0.1:443')[0]?.source, 'kernel')
    exec('ipvsadm', '-C')
    if (process.env['LVSCARE_SUITE_ON'] === 'host') return
    await unloadIpvs()
    assert.equal(lvscare('status').code, 1)
    assert.equal(existsSync('/proc/net/ip_vs'), false)
    exec('modprobe', 'ip_vs')
    assert.equal(lvscare('status').code, 1)
    assert.deepEqual(savedTable(), [])
  })

  it('--watch goes on while the guard ends and comes back, and ends with exit code 0', async () => {
    const first = await guarded()
    const watch = spawn(process.execPath, [LVSCARE, 'status', '--watch', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(watch)
    const seen: string[] = []
    createInterface({ input: watch.stdout }).on('line', (line) =>
      seen.push(servicesOf(line)[0]?.source ?? 'nothing'),
    )
    await waitFor('two looks', LIMIT_MS, () => seen.length >= 2)
    await first.kill()
    await waitFor('the kernel', LIMIT_MS, () => seen.at(-1) === 'kernel')
    await guarded()
    await waitFor('the guard', LIMIT_MS, () => seen.at(-1) === 'guard')
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const one =
        signal === 'SIGINT'
          ? watch
          : spawn(process.execPath, [LVSCARE, 'status', '--watch'], { stdio: 'pipe' })
      children.push(one)
      if (one !== watch && one.stdout !== null) await once(one.stdout, 'data')
      const ended = once(one, 'exit')
      one.kill(signal)
      assert.deepEqual(await ended, [0, null])
    }
  })

  it('--watch ends with exit code 0 when nobody reads it any more', async () => {
    await guarded()
    const script = `${process.execPath} ${LVSCARE} status --watch | head -n 1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = outcome(['bash', '-c', script], { timeout: 60_000 })
    assert.equal(stderr, '')
    assert.match(stdout, /^10\.103\.97\.2:6443: .*\n0\n$/)
  })
})

describe('lvscare on a terminal', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.create('a', 'b')
  })
  afterEach(() => {
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(() => cluster.remove())

  it('logs for people, and JSON when it is told to', () => {
    const pretty = onTerminal('care', ...cluster.flags, '--run-once')
    assert.match(
      pretty,
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}step applied {2}piece=service kind=add-service subject=10\.103\.97\.2:6443 found=/m,
    )
    assert.doesNotMatch(pretty, /^\{/m)
    exec('ipvsadm', '-C')
    const json = onTerminal('care', ...cluster.flags, '--run-once', '--log-format', 'json')
    for (const line of json.trim().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string')
  })

  it('logs no value of a header and no body of a request, whatever happens', async () => {
    const secrets = ['s3cr3t-header', 's3cr3t-body']
    const flags = [
      '--health-req-headers',
      `Authorization=Bearer ${secrets[0]}`,
      '--health-req-body',
      `${secrets[1]}`,
    ]
    const more = [
      '--health-req-method',
      'POST',
      '--log-level',
      'trace',
      '--metrics-address',
      '127.0.0.1:19697',
    ]
    const guard = new GuardProcess([
      ...cluster.flags,
      '--interval',
      '200ms',
      '--health-timeout',
      '1s',
      ...flags,
      ...more,
    ])
    await guard.logged('server state changed', LIMIT_MS, ({ to }) => to === 'up')
    for (const mode of ['sick', 'unauthorized', 'hang'] as const) {
      await cluster.server('a').behave(mode)
      await new Promise((go) => setTimeout(go, 1500))
    }
    await cluster.server('a').kill()
    await guard.logged('server state changed', LIMIT_MS, ({ to }) => to === 'down')
    const pages = await Promise.all(
      ['/metrics', '/readyz'].map((path) => fetch(`http://127.0.0.1:19697${path}`)),
    )
    const texts = await Promise.all(pages.map((page) => page.text()))
    const shown = [lvscare('status').stdout, lvscare('status', '--json').stdout]
    await guard.stop()
    const said = [...texts, ...shown, JSON.stringify(guard.log), ...guard.words].join('\n')
    assert.ok(guard.records('server probed').length > 0)
    for (const secret of secrets) assert.equal(said.includes(secret), false, secret)
  })
})
