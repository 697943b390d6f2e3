import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { savedTable } from '../lab/ipvsadm.ts'
import { KernelWrites } from '../lab/kernel-writes.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { membersNow } from '../lab/proc-table.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 20_000
const [A, B] = ['192.0.2.11:6443', '192.0.2.12:6443']
const QUICK = ['--interval', '300ms', '--health-timeout', '2s']
const STANDING_BY = 'another guard holds this virtual server, standing by'

describe('two guards of the same virtual server', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await TestCluster.create('a', 'b')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(() => cluster.remove())

  function start(port: number, ...flags: string[]): GuardProcess {
    const metrics = ['--metrics-address', `127.0.0.1:${port}`]
    return new GuardProcess([...(flags.length === 0 ? cluster.flags : flags), ...QUICK, ...metrics])
  }

  async function judged(guard: GuardProcess): Promise<void> {
    await waitFor('verdicts', LIMIT_MS, () => guard.log.some(({ to }) => to === 'up'))
  }

  function whole(): boolean {
    return (
      JSON.stringify([...(membersNow(VIRTUAL.v4) ?? [])].sort()) ===
      JSON.stringify([
        [A, 1],
        [B, 1],
      ])
    )
  }

  /** One that holds the virtual server, and one that stands by. */
  async function pair(): Promise<{ holder: GuardProcess; other: GuardProcess }> {
    const holder = start(9697)
    await judged(holder)
    await waitFor('members', LIMIT_MS, whole)
    const other = start(9698)
    await other.logged(STANDING_BY, LIMIT_MS)
    await judged(other)
    return { holder, other }
  }

  it('do not fight: each change is made once, by one of them', async () => {
    const { holder, other } = await pair()
    assert.deepEqual([await activity(9697), await activity(9698)], ['1', '0'])
    const writes = KernelWrites.available() ? KernelWrites.begin() : undefined
    const before = holder.records('step applied').length
    await cluster.server('b').kill()
    await waitFor('removal', LIMIT_MS, () => membersNow(VIRTUAL.v4)?.size === 1)
    await cluster.server('b').start()
    await waitFor('return', LIMIT_MS, whole)
    // Several passes and probes of both.
    await delay(3000)
    const steps = holder.records('step applied').slice(before)
    assert.deepEqual(
      steps.map(({ kind, subject }) => `${kind} ${subject}`),
      [`set-server ${B} weight 0`, `delete-server ${B}`, `add-server ${B} weight 1`],
    )
    assert.deepEqual(other.records('step applied'), [])
    assert.deepEqual(writes?.of(other.process.pid) ?? [], [])
    assert.equal(writes?.of(holder.process.pid).length ?? 3, 3)
    writes?.end()
  })

  it('the one that stands by takes over when the other is killed, and mends what is broken', async () => {
    const { holder, other } = await pair()
    exec('ipvsadm', '-C')
    await waitFor('repair by the holder', LIMIT_MS, whole)
    await holder.kill()
    exec('ipvsadm', '-C')
    const start = performance.now()
    await waitFor('repair by the other', LIMIT_MS, whole)
    console.log(`# killed and flushed: mended after ${Math.round(performance.now() - start)} ms`)
    await other.logged('taking over the virtual server', LIMIT_MS)
    assert.equal(await activity(9698), '1')
  })

  it('the one that stands by takes over without a write when the other is stopped', async () => {
    const { holder, other } = await pair()
    const writes = KernelWrites.available() ? KernelWrites.begin() : undefined
    assert.equal((await holder.stop()).code, 0)
    await other.logged('taking over the virtual server', LIMIT_MS)
    await delay(1500)
    assert.deepEqual(writes?.of(other.process.pid) ?? [], [])
    assert.deepEqual(other.records('step applied'), [])
    writes?.end()
  })

  it('with other flags: the later one stands by, says so, and changes nothing', async () => {
    const holder = start(9697)
    await judged(holder)
    await waitFor('members', LIMIT_MS, whole)
    const rules = savedTable()
    const steps = holder.records('step applied').length
    const other = start(9698, '--vs', VIRTUAL.v4, '--rs', A, '--scheduler', 'wlc')
    await other.logged(STANDING_BY, LIMIT_MS)
    await judged(other)
    await delay(2000)
    assert.deepEqual(savedTable(), rules)
    assert.equal(holder.records('step applied').length, steps, 'the holder had nothing to mend')
    await holder.kill()
    await waitFor('the rule of the other', LIMIT_MS, () => savedTable().join().includes('-s wlc'))
    await waitFor('its members', LIMIT_MS, () => [...(membersNow(VIRTUAL.v4)?.keys() ?? [])].join() === A)
  })

  it('three that start at the same moment agree on one', async () => {
    const guards = [start(9697), start(9698), start(9699)]
    await waitFor('two that stand by', LIMIT_MS, () => {
      return guards.filter((guard) => guard.records(STANDING_BY).length > 0).length === 2
    })
    await waitFor('members', LIMIT_MS, whole)
    const active = [await activity(9697), await activity(9698), await activity(9699)]
    assert.deepEqual(active.sort(), ['0', '0', '1'])
  })
})

/** What a guard says in its metrics: 1 for the one that writes. */
async function activity(port: number): Promise<string | undefined> {
  const text = await waitFor('metrics', LIMIT_MS, () =>
    fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      () => undefined,
    ),
  )
  return /^lvscare_active (\d)$/m.exec(text)?.[1]
}
