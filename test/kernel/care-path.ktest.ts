import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, outcome } from '../lab/exec.ts'
import { GuardProcess, type LogLine } from '../lab/guard.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { TestPod } from '../lab/pod.ts'
import { LVSCARE } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'
import { setSetting, settings, type World, world } from '../lab/world.ts'

const LIMIT_MS = 20_000
const QUICK = ['--interval', '300ms', '--health-timeout', '8s', '--metrics-address', 'off']

/** What each mode makes, by what a deletion of it looks like. */
const WAYS = [
  {
    mode: 'local',
    family: 'IPv4',
    flags: [],
    shown: () => exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4),
    is: /^local 10\.103\.97\.2 dev lo proto 77 scope host src 192\.0\.2\.1/,
    breaks: [['ip', 'route', 'del', 'table', 'local', 'local', VIP.v4]],
  },
  {
    mode: 'local',
    family: 'IPv6',
    flags: [],
    shown: () => exec('ip', '-6', '-o', 'route', 'show', 'table', 'local', VIP.v6),
    is: /^local fd00:103:97::2 dev lo proto 77 src 2001:db8::1/,
    breaks: [['ip', '-6', 'route', 'del', 'table', 'local', 'local', VIP.v6]],
  },
  {
    mode: 'route',
    family: 'IPv4',
    flags: ['--mode', 'route', '--ip', '192.0.2.1'],
    shown: () => exec('ip', '-o', 'route', 'show', VIP.v4),
    is: /^10\.103\.97\.2 via 192\.0\.2\.1 .*proto 77 metric 50/,
    breaks: [
      ['ip', 'route', 'del', VIP.v4],
      ['ip', 'route', 'replace', VIP.v4, 'via', '192.0.2.11', 'metric', '50'],
    ],
  },
  {
    mode: 'route',
    family: 'IPv6',
    flags: ['--mode', 'route'],
    shown: () => exec('ip', '-6', '-o', 'route', 'show', VIP.v6),
    is: /^fd00:103:97::2 dev lvsbr0 proto 77 src 2001:db8::1 metric 50/,
    breaks: [['ip', '-6', 'route', 'del', VIP.v6]],
  },
  {
    mode: 'link',
    family: 'IPv4',
    flags: ['--mode', 'link'],
    shown: () =>
      `${exec('ip', '-o', 'addr', 'show', 'to', VIP.v4)}${exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)}`,
    is: /lvscare +inet 10\.103\.97\.2\/32.*\nlocal 10\.103\.97\.2 dev lvscare/,
    breaks: [
      ['ip', 'link', 'del', 'lvscare'],
      ['ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'lvscare'],
      ['ip', 'route', 'del', 'table', 'local', 'local', VIP.v4],
      ['ip', 'link', 'set', 'lvscare', 'down'],
    ],
  },
  {
    mode: 'link',
    family: 'IPv6',
    flags: ['--mode', 'link'],
    shown: () =>
      `${exec('ip', '-o', 'addr', 'show', 'to', VIP.v6)}${exec('ip', '-6', '-o', 'route', 'show', 'table', 'local', VIP.v6)}`,
    is: /lvscare +inet6 fd00:103:97::2\/128.*\nlocal fd00:103:97::2 dev lvscare/,
    breaks: [
      ['ip', 'link', 'del', 'lvscare'],
      ['ip', '-6', 'addr', 'del', `${VIP.v6}/128`, 'dev', 'lvscare'],
      ['ip', 'link', 'set', 'lvscare', 'down'],
    ],
  },
] as const

/** Takes IPVS away while the guard holds its breath. */
async function unloadUnder(guard: GuardProcess): Promise<void> {
  guard.process.kill('SIGSTOP')
  exec('ipvsadm', '-C')
  await unloadIpvs()
  guard.process.kill('SIGCONT')
}

function run([program = '', ...args]: readonly string[]): void {
  exec(program, ...args)
}

describe('lvscare care and the path', () => {
  let cluster: TestCluster
  let untouched: World

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    exec('modprobe', 'ip_vs')
    exec('nft', 'add', 'table', 'ip', 'somebody-else')
    exec('nft', 'add', 'chain', 'ip', 'somebody-else', 'post', '{ type nat hook postrouting priority 90 ; }')
    exec('ip', 'link', 'add', 'foreign0', 'type', 'dummy')
    exec('ip', 'route', 'add', '203.0.113.0/24', 'via', '192.0.2.11', 'metric', '50')
    untouched = world()
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    for (const virtual of [VIRTUAL.v4, VIRTUAL.v6]) assert.equal(care('--vs', virtual, '-C').code, 0)
    assert.deepEqual(world(), untouched)
  })
  after(async () => {
    exec('ip', 'link', 'delete', 'foreign0')
    exec('ip', 'route', 'del', '203.0.113.0/24')
    exec('nft', 'delete', 'table', 'ip', 'somebody-else')
    for (const name of Object.keys(settings())) setSetting(name, '0')
    await cluster.remove()
  })

  function care(...flags: string[]): ReturnType<typeof outcome> {
    return outcome([process.execPath, LVSCARE, 'care', ...flags], { timeout: 60_000 })
  }

  function flagsOf(family: 'IPv4' | 'IPv6'): string[] {
    return family === 'IPv4' ? cluster.flags : cluster.flags6
  }

  async function answers(family: 'IPv4' | 'IPv6'): Promise<string> {
    const names = []
    for (let n = 0; n < 3; n += 1) {
      const answer = await attempt(family === 'IPv4' ? VIP.v4 : VIP.v6, 6443)
      names.push('server' in answer ? answer.server : answer.error)
    }
    return names.sort().join()
  }

  for (const { mode, family, flags, shown, is, breaks } of WAYS) {
    it(`--mode ${mode} works with ${family}, is mended piece by piece, and leaves no trace`, async () => {
      assert.equal(care(...flagsOf(family), ...flags, '--run-once').code, 0)
      assert.match(shown(), is)
      assert.equal(await answers(family), 'a,b,c')
      const guard = new GuardProcess([...flagsOf(family), ...flags, ...QUICK, '--log-level', 'debug'])
      await guard.logged('guard started', LIMIT_MS)
      await waitFor(
        'a pass of its own',
        LIMIT_MS,
        () => guard.log.filter(({ to }) => to === 'up').length === 3,
      )
      assert.deepEqual(
        guard.log.filter(({ msg }) => msg === 'step applied'),
        [],
      )
      for (const command of breaks) {
        const before = guard.log.filter(({ repair }) => repair === true).length
        run(command)
        await waitFor(`${command.join(' ')} mended`, LIMIT_MS, () => is.test(shown()))
        await waitFor(
          'a record of it',
          LIMIT_MS,
          () => guard.log.filter(({ repair }) => repair === true).length > before,
        )
        assert.equal(await answers(family), 'a,b,c')
      }
      // A crash: nothing is left but what the next clean takes away, which afterEach asserts.
      guard.process.kill('SIGKILL')
      await guard.ended
      assert.equal(await answers(family), 'a,b,c')
    })
  }

  it('changes from one mode to another without leaving anything of the first', async () => {
    for (const mode of ['link', 'local', 'route', 'link', 'route', 'local', 'none']) {
      const { code, stderr } = care(...cluster.flags, '--mode', mode, '--run-once')
      assert.equal(code, 0, stderr)
      if (mode !== 'none') assert.equal(await answers('IPv4'), 'a,b,c', mode)
    }
    assert.deepEqual({ ...world(), table: [] }, { ...untouched, table: [] })
  })

  it('sets the settings it wants, mends them, and never touches connection tracking without need', async () => {
    for (const name of Object.keys(settings())) setSetting(name, '0')
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    const wanted = { expire_nodest_conn: '1', expire_quiescent_template: '1', conntrack: '0' }
    await waitFor('settings', LIMIT_MS, () => JSON.stringify(settings()) === JSON.stringify(wanted))
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    setSetting('expire_nodest_conn', '0')
    setSetting('conntrack', '1')
    const line = await guard.logged('step applied', LIMIT_MS, ({ repair }) => repair === true)
    assert.deepEqual([line['subject'], line['found']], ['net.ipv4.vs.expire_nodest_conn=1', '0'])
    assert.deepEqual(settings(), { ...wanted, conntrack: '1' })
  })

  it('says once that a setting may not be written, and guards all the same', async () => {
    setSetting('expire_nodest_conn', '0')
    const command = `mount -o bind,ro /proc/sys /proc/sys && exec "$@"`
    const readOnly = ['unshare', '-m', 'sh', '-c', command, 'sh', process.execPath, LVSCARE, 'care'] as const
    const once = outcome([...readOnly, ...cluster.flags, '--run-once'], { timeout: 60_000 })
    assert.equal(once.code, 0, once.stderr)
    assert.match(
      once.stderr,
      /"level":"warn".*net\.ipv4\.vs\.expire_nodest_conn=1 cannot be set here \(EROFS\)/,
    )
    assert.equal(membersOf(VIRTUAL.v4)?.size, 3)
    const guard = new GuardProcess([...cluster.flags, ...QUICK], {}, readOnly)
    const warned = (): number => guard.log.filter(({ code }) => code === 'ERR_LVSCARE_SETTING').length
    await waitFor('the warning', LIMIT_MS, () => warned() === 1)
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    exec('ipvsadm', '-C')
    await waitFor('repair', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
    await guard.logged(
      'step applied',
      LIMIT_MS,
      ({ repair, piece }) => repair === true && piece === 'service',
    )
    assert.equal(warned(), 1)
    // Somebody on the host has heard.
    setSetting('expire_nodest_conn', '1')
    await guard.logged('step no longer fails', LIMIT_MS)
  })

  it('has IPVS loaded again when somebody has unloaded it', async () => {
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    const loads = (): LogLine[] => guard.log.filter(({ kind }) => kind === 'load-module')
    // A guard that is stopped in the middle of a pass, after its look at the modules, has the kernel load IPVS by asking
    // for the service: then it mends what was lost without a word about modules, and the next round is looked at.
    for (let round = 1; loads().length === 0 && round <= 10; round += 1) {
      await unloadUnder(guard)
      await waitFor('members', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
      await waitFor('settings', LIMIT_MS, () => settings()['expire_nodest_conn'] === '1')
      assert.equal(await answers('IPv4'), 'a,b,c')
    }
    assert.deepEqual(
      loads().map(({ repair }) => repair),
      [true],
    )
  })

  it('says who is likely to break the same piece again and again, and goes on mending', async () => {
    exec('ip', 'link', 'add', 'kube-ipvs0', 'type', 'dummy')
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    for (let n = 0; n < 6; n += 1) {
      exec('ipvsadm', '-C')
      await waitFor('repair', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
    }
    const line = await guard.logged('piece is broken again and again', LIMIT_MS)
    assert.match(String(line['culprit']), /kube-proxy in mode ipvs .*excludeCIDRs/)
    await guard.stop()
    exec('ip', 'link', 'delete', 'kube-ipvs0')
    const repairs = guard.log.filter(({ repair, piece }) => repair === true && piece === 'service')
    assert.equal(repairs.length, 3, 'the rest is not written')
  })

  it('leaves what others have in its table alone when it cleans', () => {
    exec('ipvsadm', '-A', '-t', '10.9.9.9:80', '-s', 'rr')
    assert.equal(care(...cluster.flags, '--mode', 'link', '--run-once').code, 0)
    exec('ip', 'addr', 'add', '198.51.100.7/32', 'dev', 'lvscare')
    assert.equal(care('--vs', VIRTUAL.v4, '--clean').code, 0)
    assert.deepEqual(savedTable(), ['-A -t 10.9.9.9:80 -s rr'])
    assert.match(exec('ip', '-o', 'addr', 'show', 'dev', 'lvscare'), /198\.51\.100\.7/)
    exec('ip', 'link', 'delete', 'lvscare')
    exec('ipvsadm', '-D', '-t', '10.9.9.9:80')
  })

  describe('for pods', () => {
    const pod = new TestPod('pod1')
    before(() => {
      pod.create()
      untouched = world()
    })
    after(() => {
      pod.remove()
    })

    for (const [family, vip] of [
      ['IPv4', VIP.v4],
      ['IPv6', VIP.v6],
    ] as const) {
      it(`--masquerade lets their connections come back (${family}), and is mended`, async () => {
        setSetting('conntrack', '0')
        assert.equal(care(...flagsOf(family), '--run-once').code, 0)
        assert.equal(pod.attempt(vip, 6443), 'TIMEOUT', 'without it they do not')
        const guard = new GuardProcess([...flagsOf(family), '--masquerade', ...QUICK])
        await waitFor('the rule', LIMIT_MS, () => exec('nft', 'list', 'ruleset').includes('masquerade'))
        await waitFor('conntrack', LIMIT_MS, () => settings()['conntrack'] === '1')
        assert.match(pod.attempt(vip, 6443), /^[abc]$/)
        // Connections of the node itself keep their address.
        assert.equal(await answers(family), 'a,b,c')
        for (const command of [
          ['nft', 'flush', 'ruleset'],
          ['nft', 'flush', 'chain', ...tableOf(family), 'postrouting'],
          ['nft', 'delete', 'table', ...tableOf(family)],
          ['nft', 'add', 'rule', ...tableOf(family), 'postrouting', 'accept'],
        ] as const) {
          run(command)
          await waitFor(`${command.join(' ')} mended`, LIMIT_MS, () => isWhole(family))
        }
        assert.match(pod.attempt(vip, 6443), /^[abc]$/)
        await guard.stop()
        assert.ok(isWhole(family), 'the rule outlives its guard')
        // The flush took a table of somebody else too, which is not ours to restore.
        exec('nft', 'add', 'table', 'ip', 'somebody-else')
        exec(
          'nft',
          'add',
          'chain',
          'ip',
          'somebody-else',
          'post',
          '{ type nat hook postrouting priority 90 ; }',
        )
        assert.equal(care(...flagsOf(family), '--run-once').code, 0)
        assert.ok(!exec('nft', 'list', 'ruleset').includes('masquerade'), 'gone with the wish for it')
      })
    }

    function tableOf(family: 'IPv4' | 'IPv6'): string[] {
      return family === 'IPv4' ? ['ip', 'lvscare-10.103.97.2-6443'] : ['ip6', 'lvscare-fd00-103-97--2-6443']
    }

    function isWhole(family: 'IPv4' | 'IPv6'): boolean {
      const { code, stdout } = outcome(['nft', 'list', 'table', ...tableOf(family)], {})
      return code === 0 && stdout.includes('masquerade') && !stdout.includes('accept\n')
    }
  })
})
