import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { LVSCARE } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 20_000

/** As talkative as it gets: the log is full within seconds. */
const TALKATIVE = [
  '--interval',
  '20ms',
  '--health-timeout',
  '2s',
  '--log-level',
  'debug',
  '--metrics-address',
  'off',
]

describe('lvscare care, in hard times', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  let guard: ChildProcess | undefined
  before(async () => {
    cluster = await TestCluster.create('a', 'b')
  })
  afterEach(async () => {
    if (guard?.exitCode === null && guard.signalCode === null) {
      guard.kill('SIGKILL')
      await once(guard, 'close')
    }
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(() => cluster.remove())

  function start(stderr: 'pipe' | number): ChildProcess {
    const args = [LVSCARE, 'care', ...cluster.flags, ...TALKATIVE]
    return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', stderr] })
  }

  /** It still repairs, and it still stops. */
  async function worksAndStops(child: ChildProcess): Promise<void> {
    await waitFor('members', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 2)
    await new Promise((go) => setTimeout(go, 4000))
    exec('ipvsadm', '-C')
    await waitFor('repair', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 2)
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
  }

  it('goes on when nobody reads its log, and the pipe is full', async () => {
    guard = start('pipe')
    await worksAndStops(guard)
  })

  it('goes on when the disk behind its log is full', async () => {
    guard = start(openSync('/dev/full', 'w'))
    await worksAndStops(guard)
  })

  it('never leaves a rule of strangers empty: who is configured comes before they go', async () => {
    exec('ipvsadm', '-A', '-t', VIRTUAL.v4, '-s', 'rr')
    for (const old of ['192.0.2.98', '192.0.2.99']) {
      exec('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', `${old}:6443`, '-m', '-w', '1')
    }
    // No verdict can come while they are stopped: what is done now is done on trust.
    for (const server of cluster.servers) server.stop()
    const flags = ['--interval', '1', '--health-timeout', '30s', '--metrics-address', 'off']
    guard = spawn(process.execPath, [LVSCARE, 'care', ...cluster.flags, ...flags], { stdio: 'ignore' })
    await waitFor('the change of members', LIMIT_MS, () => {
      const members = membersOf(VIRTUAL.v4) ?? new Map()
      assert.ok(
        [...members.values()].some((weight) => weight > 0),
        'somebody can be connected to',
      )
      return [...members.keys()].sort().join() === cluster.servers.map(({ endpoint }) => endpoint).join()
    })
    for (const server of cluster.servers) server.resume()
  })
})
