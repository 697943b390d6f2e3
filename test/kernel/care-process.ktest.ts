import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, execWith, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { NODE } from '../lab/hosts.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { LVSCARE } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 20_000

/** A table of others: every kind of service that the guard must leave alone. */
const FOREIGN = `-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.0.2.11:6443 -m -w 1
-A -t 10.103.97.2:6444 -s wlc -p 300
-a -t 10.103.97.2:6444 -r 192.0.2.12:6443 -m -w 4
-A -u 10.103.97.2:6443 -s rr
-A -t [fd00::1]:80 -s sh -b sh-port
-a -t [fd00::1]:80 -r [2001:db8::b]:80 -m -w 2
-A -f 7 -s wrr
-a -f 7 -r 192.0.2.13:0 -g -w 9
`

function lvscare(...args: string[]): ReturnType<typeof outcome> {
  return outcome([process.execPath, LVSCARE, ...args], { timeout: 60_000 })
}

function localRoutes(vip: string): string {
  return exec('ip', '-o', vip.includes(':') ? '-6' : '-4', 'route', 'show', 'table', 'local', vip)
}

describe('lvscare care, the process', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    for (const server of cluster.servers) server.resume()
    outcome(['ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'lo'])
    exec('ipvsadm', '-C')
    for (const vip of [VIP.v4, VIP.v6]) exec('ip', 'route', 'flush', 'table', 'local', vip)
  })
  after(() => cluster.remove())

  const quick = ['--interval', '300ms', '--health-timeout', '1s', '--metrics-address', 'off']

  it('--run-once sets the whole path and exits, and --clean leaves no trace, both as often as one likes', async () => {
    for (let n = 0; n < 2; n += 1) {
      const { code, stderr } = lvscare('care', ...cluster.flags, '--run-once')
      assert.equal(code, 0, stderr)
      assert.deepEqual([...(membersOf(VIRTUAL.v4)?.values() ?? [])], [1, 1, 1])
    }
    assert.ok('server' in (await attempt(VIP.v4, 6443)))
    for (let n = 0; n < 2; n += 1) {
      const { code, stderr } = lvscare('care', '--vs', VIRTUAL.v4, '--clean')
      assert.equal(code, 0, stderr)
      assert.deepEqual(savedTable(), [])
      assert.equal(localRoutes(VIP.v4), '')
    }
  })

  it('--run-once keeps the weights of members it finds, adds who is missing, and lets strangers leave', () => {
    exec('ipvsadm', '-A', '-t', VIRTUAL.v4, '-s', 'rr')
    exec('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', '192.0.2.11:6443', '-m', '-w', '0')
    exec('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', '192.0.2.99:6443', '-m', '-w', '1')
    assert.equal(lvscare('care', ...cluster.flags, '--run-once').code, 0)
    const members = Object.fromEntries(membersOf(VIRTUAL.v4) ?? [])
    assert.deepEqual(members, { '192.0.2.11:6443': 0, '192.0.2.12:6443': 1, '192.0.2.13:6443': 1 })
  })

  it('leaves foreign services untouched, byte for byte, whatever it does', async () => {
    execWith(FOREIGN, 'ipvsadm', '-R')
    const foreign = savedTable()
    assert.equal(foreign.length, 9)
    const others = (): string[] => savedTable().filter((line) => !line.includes(`-t ${VIRTUAL.v4} `))
    const guard = new GuardProcess([...cluster.flags, ...quick])
    await waitFor('members', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
    await cluster.server('a').kill()
    await waitFor('removal', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 2)
    assert.deepEqual(others(), foreign)
    await cluster.server('a').start()
    await waitFor('return', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
    await guard.stop()
    assert.equal(lvscare('care', '--vs', VIRTUAL.v4, '--clean').code, 0)
    assert.deepEqual(savedTable(), foreign)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stops on ${signal} with exit code 0, and the rules stay`, async () => {
      const guard = new GuardProcess([...cluster.flags, ...quick])
      await guard.logged('server state changed', LIMIT_MS)
      // A probe that is under way must not hold the stop up.
      cluster.server('b').stop()
      await new Promise((go) => setTimeout(go, 500))
      const { code, ms } = await guard.stop(signal)
      cluster.server('b').resume()
      assert.equal(code, 0)
      assert.ok(ms < 3000, `it took ${ms} ms`)
      assert.ok((membersOf(VIRTUAL.v4)?.size ?? 0) >= 2)
      assert.notEqual(localRoutes(VIP.v4), '')
      assert.equal(guard.log.at(-1)?.msg, 'guard stopped')
    })
  }

  it('leaves the rules when it is killed, and the next guard adopts them without a write', async () => {
    const first = new GuardProcess([...cluster.flags, ...quick])
    await waitFor('members', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
    first.process.kill('SIGKILL')
    await first.ended
    assert.ok('server' in (await attempt(VIP.v4, 6443)))
    exec('ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', '192.0.2.11:6443', '-m', '-w', '0')
    exec('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', '192.0.2.12:6443')
    // No server can be judged while all are stopped: what was found must stay as it was.
    for (const server of cluster.servers) server.stop()
    const before = savedTable()
    const second = new GuardProcess([...cluster.flags, '--health-timeout', '30s', '--metrics-address', 'off'])
    await second.logged('guard started', LIMIT_MS)
    await new Promise((go) => setTimeout(go, 1500))
    assert.deepEqual(savedTable(), before)
    assert.deepEqual(
      second.log.filter(({ msg }) => msg === 'step applied'),
      [],
    )
    for (const server of cluster.servers) server.resume()
    await waitFor('verdicts', LIMIT_MS, () => [...(membersOf(VIRTUAL.v4)?.values() ?? [])].join() === '1,1,1')
    await second.stop()
  })

  it('guards an IPv6 service', async () => {
    const guard = new GuardProcess([...cluster.flags6, ...quick])
    await waitFor('members', LIMIT_MS, () => membersOf(VIRTUAL.v6)?.size === 3)
    assert.match(localRoutes(VIP.v6), /^local fd00:103:97::2 dev lo proto 77 src 2001:db8::1/)
    const servers = []
    for (let n = 0; n < 3; n += 1) servers.push(await attempt(VIP.v6, 6443))
    assert.deepEqual(servers.map((one) => ('server' in one ? one.server : one.error)).sort(), ['a', 'b', 'c'])
    await cluster.server('c').kill()
    await waitFor('removal', LIMIT_MS, () => membersOf(VIRTUAL.v6)?.size === 2)
    await cluster.server('c').start()
    await waitFor('return', LIMIT_MS, () => membersOf(VIRTUAL.v6)?.size === 3)
    exec('ip', '-6', 'route', 'del', 'table', 'local', 'local', VIP.v6)
    await waitFor('route', LIMIT_MS, () => localRoutes(VIP.v6) !== '')
    await guard.stop()
    assert.equal(lvscare('care', '--vs', VIRTUAL.v6, '--clean').code, 0)
    assert.equal(localRoutes(VIP.v6), '')
    assert.deepEqual(savedTable(), [])
  })

  it('runs what a manifest or a script for lvscare says, on the command line or in the environment', () => {
    const manifest = ['--vs', VIRTUAL.v4, '--health-path', '/healthz', '--health-schem', 'https']
    const servers = cluster.servers.map(({ endpoint }) => endpoint)
    const flags = [...manifest, ...servers.flatMap((server) => ['--rs', server])]
    const run = (args: readonly string[], env: NodeJS.ProcessEnv): ReturnType<typeof outcome> =>
      outcome([process.execPath, LVSCARE, 'care', ...args], { env: { ...process.env, ...env } })
    const weights = (): number[] => [...(membersOf(VIRTUAL.v4)?.values() ?? [])]

    assert.equal(run([...flags, '--run-once', '--logger', 'DEBG'], { LVSCARE_NODE_IP: NODE.v4 }).code, 0)
    assert.deepEqual(weights(), [1, 1, 1])
    const clean = { CARE_VS: VIRTUAL.v4, CARE_CLEAN: 't', CARE_RUN_ONCE: '' }
    assert.equal(run([], clean).code, 0)
    assert.deepEqual(weights(), [])
    const once = {
      CARE_VS: VIRTUAL.v4,
      CARE_RS: servers.join(','),
      CARE_RUN_ONCE: 'true',
      CARE_MODE: 'route',
      CARE_IP: NODE.v4,
    }
    assert.equal(run(['--scheduler', 'wlc'], { ...once, CARE_SCHEDULER: 'lc' }).code, 0)
    assert.deepEqual(weights(), [1, 1, 1])
    assert.match(savedTable().join('\n'), / -s wlc/, 'the command line wins')
    assert.match(exec('ip', 'route', 'show', VIP.v4), /via 192\.0\.2\.1 .*metric 50/)
    const { code, stderr } = run([], { ...once, CARE_INTERVAL: 'often' })
    assert.deepEqual([code, /CARE_INTERVAL "often": must be/.test(stderr)], [2, true], stderr)
    assert.equal(run(['-C'], { CARE_VS: VIRTUAL.v4 }).code, 0)
    assert.equal(exec('ip', 'route', 'show', VIP.v4), '')
  })

  it('--mode none touches no route', () => {
    assert.equal(lvscare('care', ...cluster.flags, '--mode', 'none', '--run-once').code, 0)
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
    assert.equal(localRoutes(VIP.v4), '')
  })

  it('--ip, LVSCARE_NODE_IP and the kernel decide the source address, in this order', () => {
    exec('ip', 'addr', 'add', '192.0.2.2/32', 'dev', 'lo')
    exec('ip', 'addr', 'add', '192.0.2.3/32', 'dev', 'lo')
    const source = (env: NodeJS.ProcessEnv, ...flags: string[]): string | undefined => {
      const command = [process.execPath, LVSCARE, 'care', ...cluster.flags, '--run-once', ...flags] as const
      assert.equal(outcome(command, { env: { ...process.env, ...env } }).code, 0)
      return /src (\S+)/.exec(localRoutes(VIP.v4))?.[1]
    }
    assert.equal(source({}), '192.0.2.1')
    assert.equal(source({ LVSCARE_NODE_IP: '192.0.2.2' }), '192.0.2.2')
    assert.equal(source({ LVSCARE_NODE_IP: '192.0.2.2' }, '--ip', '192.0.2.3'), '192.0.2.3')
    exec('ip', 'addr', 'del', '192.0.2.2/32', 'dev', 'lo')
    exec('ip', 'addr', 'del', '192.0.2.3/32', 'dev', 'lo')
  })

  it('leaves a virtual IP alone that a link of this node has, and guards all the same', () => {
    exec('ip', 'addr', 'add', `${VIP.v4}/32`, 'dev', 'lo')
    const { code, stderr } = lvscare('care', ...cluster.flags, '--run-once')
    assert.equal(code, 1)
    assert.match(stderr, /assigned to a link of this node/)
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
    assert.match(localRoutes(VIP.v4), /^local 10\.103\.97\.2 dev lo proto kernel/)
    assert.equal(lvscare('care', '--vs', VIRTUAL.v4, '--clean').code, 0)
    assert.match(localRoutes(VIP.v4), /^local 10\.103\.97\.2 dev lo proto kernel/)
  })

  it('a server that the kernel refuses does not stop the others', () => {
    const { code, stderr } = lvscare('care', ...cluster.flags, '--rs', '192.0.2.255:6443', '--run-once')
    assert.equal(code, 1)
    assert.match(stderr, /192\.0\.2\.255:6443/)
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
  })

  it('serves /metrics and /healthz', async () => {
    const guard = new GuardProcess([...cluster.flags, '--interval', '300ms', '--health-timeout', '1s'])
    await guard.logged('metrics are served', LIMIT_MS)
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    const text = await (await fetch('http://127.0.0.1:9697/metrics')).text()
    assert.match(text, /lvscare_server_state\{server="192\.0\.2\.11:6443",state="up"\} 1/)
    assert.match(text, /lvscare_server_weight\{server="192\.0\.2\.12:6443"\} 1/)
    assert.equal((await fetch('http://127.0.0.1:9697/healthz')).status, 200)
    await guard.stop()
  })
})
