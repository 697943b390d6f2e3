import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, outcome } from '../lab/exec.ts'
import { NODE } from '../lab/hosts.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { POD, TestPod } from '../lab/pod.ts'
import { singleFile } from '../lab/programs.ts'
import { SystemdHost, UNITS } from '../lab/systemd.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 60_000
const GUARD = 'lvscare.service'
const RULE = 'lvscare-rule.service'

/** CAP_NET_ADMIN and nothing else, as proc(5) writes it. */
const NET_ADMIN = '0000000000001000'

/** Writes down what it finds when it starts. */
const KUBELET = `[Service]
ExecStart=/bin/sh -c 'cp /proc/net/ip_vs /run/kubelet-found && exec sleep infinity'
[Install]
WantedBy=multi-user.target
`

const SETTINGS = ['expire_nodest_conn', 'expire_quiescent_template']

const skip =
  process.env['LVSCARE_SUITE_ON'] === 'host' ? 'it needs a cgroup2 for a systemd of its own' : ranOn('6.1')

describe('the units of deploy/systemd with the single file, under systemd', { skip }, () => {
  let cluster: TestCluster
  let host: SystemdHost
  let isBooted = false
  const environment: string[] = []

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    await unloadIpvs()
    const servers = cluster.servers.map(({ endpoint }) => endpoint).join()
    environment.push(`CARE_VS=${VIRTUAL.v4}`, `CARE_RS=${servers}`, 'CARE_INTERVAL=2')
    host = await SystemdHost.boot(KUBELET, environment)
    isBooted = true
  })
  after(async () => {
    if (isBooted) await host.cutPower()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  const weights = (): number[] => [...(membersOf(VIRTUAL.v4)?.values() ?? [])]
  const allUp = (): Promise<unknown> =>
    waitFor('three servers that are up', LIMIT_MS, async () => (await countUp()) === 3)

  /** As the guard itself tells; a guard that is not there yet tells nothing. */
  async function countUp(): Promise<number> {
    const answer = await fetch('http://127.0.0.1:9697/metrics').catch(() => undefined)
    const text = (await answer?.text()) ?? ''
    return text.match(/^lvscare_server_state\{server="[^"]+",state="up"\} 1$/gm)?.length ?? 0
  }

  /** The first of them, if it comes in time. */
  async function soon(...ends: readonly Promise<string>[]): Promise<string> {
    const late = new Promise<string>((resolve) => setTimeout(resolve, LIMIT_MS, 'still open').unref())
    return await Promise.race([...ends, late])
  }

  function restart(): void {
    host.run('systemctl', 'daemon-reload')
    host.run('systemctl', 'restart', GUARD)
  }

  it('has the rule set before kubelet starts, with IPVS not loaded before', () => {
    assert.equal(host.property(RULE, 'Result'), 'success')
    assert.equal(
      host.run('cat', '/run/kubelet-found').match(/ -> /gi)?.length,
      4,
      'the head, and three servers',
    )
    const at = (unit: string, name: string): number =>
      Number(host.property(unit, `${name}TimestampMonotonic`))
    assert.ok(at('kubelet.service', 'ExecMainStart') >= at(RULE, 'ExecMainExit'))
    assert.ok(at(GUARD, 'ExecMainStart') >= at(RULE, 'ExecMainExit'))
  })

  it('runs the guard as nobody in particular, with one capability, and root is told what it knows', async () => {
    await allUp()
    const { stdout, stderr } = outcome([singleFile(), 'status'])
    assert.match(stdout, /^guard \S+, pid \d+, .*active/m, stderr)
    const status = host.statusOf(GUARD)
    const users = new Set(status.get('Uid')?.split('\t'))
    assert.equal(users.size, 1)
    assert.ok(Number([...users][0]) > 1000, status.get('Uid'))
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) assert.equal(status.get(set), NET_ADMIN, set)
    assert.deepEqual([status.get('NoNewPrivs'), status.get('Seccomp')], ['1', '2'])
  })

  it('sets the settings of IPVS back, and no other setting can be written', async () => {
    for (const name of SETTINGS) exec('sysctl', '-qw', `net.ipv4.vs.${name}=0`)
    const value = (name: string): string => readFileSync(`/proc/sys/net/ipv4/vs/${name}`, 'latin1').trim()
    await waitFor('settings', LIMIT_MS, () => SETTINGS.every((name) => value(name) === '1'))
    const mounts = host.run('cat', `/proc/${host.pidOf(GUARD)}/mountinfo`)
    assert.match(mounts, / \/proc\/sys ro,/)
    assert.match(mounts, / \/proc\/sys\/net\/ipv4\/vs rw,/)
  })

  it('takes a dead server out, ends the connections to it, and takes it back', async () => {
    const watches = []
    for (let n = 0; n < 3; n += 1) watches.push(await openWatch(VIP.v4, 6443))
    const dead = watches.find(({ server }) => server === 'a') ?? assert.fail('nobody is connected to a')
    // Nothing that its kernel could say comes through any more: only the guard can end this connection.
    cluster.server('a').host.unplug()
    try {
      await waitFor('its end', LIMIT_MS, () => weights().length === 2)
      assert.equal(await soon(dead.ended), 'ECONNABORTED', JSON.stringify(host.records(GUARD)))
      assert.equal(host.records(GUARD, 'connections ended').length, 1)
    } finally {
      for (const { socket } of watches) socket.destroy()
      cluster.server('a').host.plug()
    }
    await allUp()
  })

  it('names who breaks the rule, which it could not if it saw no other processes', async () => {
    host.run(
      'sh',
      '-c',
      'cp /bin/sleep /run/keepalived && mount -o remount,exec /run && { /run/keepalived 600 >/dev/null 2>&1 & }',
    )
    for (let n = 0; n < 4; n += 1) {
      exec('ipvsadm', '-D', '-t', VIRTUAL.v4)
      await waitFor('the repair', LIMIT_MS, () => weights().length === 3)
    }
    const [line] = await waitFor('its name', LIMIT_MS, () => {
      const found = host.records(GUARD, 'piece is broken again and again')
      return found.length > 0 && found
    })
    assert.match(String(line?.['culprit']), /keepalived/)
    host.run('pkill', '-x', 'keepalived')
  })

  it('is back after a kill, the rule untouched', async () => {
    await allUp()
    const [before, pid] = [savedTable(), host.pidOf(GUARD)]
    host.run('kill', '-KILL', pid)
    await waitFor('a new guard', LIMIT_MS, () => !['0', pid].includes(host.pidOf(GUARD)))
    await allUp()
    assert.deepEqual(savedTable(), before)
    assert.deepEqual(host.records(GUARD, 'step applied'), [])
    assert.equal(host.property(GUARD, 'NRestarts'), '1')
  })

  it('leaves the rule when it is stopped', () => {
    const before = savedTable()
    host.run('systemctl', 'stop', GUARD)
    assert.deepEqual(
      [host.property(GUARD, 'Result'), host.property(GUARD, 'ActiveState')],
      ['success', 'inactive'],
    )
    assert.deepEqual(savedTable(), before)
  })

  it('is not tried again with wrong flags, and says what is wrong', async () => {
    const before = savedTable()
    host.write('/etc/lvscare/lvscare.env', [...environment, 'CARE_RISE=often'].join('\n'))
    restart()
    await waitFor('its end', LIMIT_MS, () => host.property(GUARD, 'ActiveState') === 'failed')
    assert.deepEqual([host.property(GUARD, 'ExecMainStatus'), host.property(GUARD, 'NRestarts')], ['2', '0'])
    assert.match(host.run('journalctl', '-o', 'cat', '-u', GUARD), /lvscare: CARE_RISE "often": /)
    assert.deepEqual(savedTable(), before)
    host.write('/etc/lvscare/lvscare.env', environment.join('\n'))
  })

  it('reads what only root may read, through credentials', async () => {
    const { key, cert } = cluster.certificate
    for (const [name, text] of Object.entries({
      'ca.pem': cert,
      'client.pem': cert,
      'client-key.pem': key,
    })) {
      host.write(`/etc/lvscare/${name}`, text)
      host.run('chmod', '600', `/etc/lvscare/${name}`)
    }
    const dropIn = 'credentials.conf'
    host.write(
      `/etc/systemd/system/lvscare.service.d/${dropIn}`,
      readFileSync(`${UNITS}/drop-ins/${dropIn}`, 'utf8'),
    )
    restart()
    await allUp()
    host.run('rm', `/etc/systemd/system/lvscare.service.d/${dropIn}`)
  })

  it('ends the connections of pods too with the drop-in for that, as root', async () => {
    const pod = new TestPod('pod1')
    pod.create()
    for (const server of cluster.servers) server.host.run('ip', 'route', 'add', POD.v4, 'via', NODE.v4)
    host.startIn('pod1')
    const dropIn = 'all-namespaces.conf'
    host.write(
      `/etc/systemd/system/lvscare.service.d/${dropIn}`,
      readFileSync(`${UNITS}/drop-ins/${dropIn}`, 'utf8'),
    )
    restart()
    await allUp()
    const watches: Awaited<ReturnType<typeof pod.openWatch>>[] = []
    try {
      for (let n = 0; n < 3; n += 1) watches.push(await pod.openWatch(VIP.v4, 6443))
      cluster.server('a').host.unplug()
      const end = await soon(...watches.map(({ ended }) => ended))
      assert.equal(end, 'ECONNABORTED', JSON.stringify(host.records(GUARD)))
    } finally {
      for (const watch of watches) watch.process.kill('SIGKILL')
      cluster.server('a').host.plug()
      pod.remove()
    }
  })
})
