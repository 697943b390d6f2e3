import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { savedTable } from '../lab/ipvsadm.ts'
import { KernelWrites } from '../lab/kernel-writes.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { membersNow } from '../lab/proc-table.ts'
import { LVSCARE } from '../lab/programs.ts'
import { Random } from '../lab/random.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 20_000

const KILLS = Number(process.env['LVSCARE_KILLS'] ?? 200)

/** Kills of a guard that found a whole rule, and of one that found none. */
const [ADOPTING, FIRST] = [Math.ceil(KILLS * 0.6), Math.floor(KILLS * 0.4)]

/** The default number takes as long on an idle machine; on a busy one, or an emulated one, there are fewer kills. */
const LONGEST_MS = process.env['LVSCARE_KILLS'] === undefined ? 60_000 : Number.POSITIVE_INFINITY

const [A, B, C] = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
const QUICK = ['--interval', '200ms', '--health-timeout', '5s']
const SILENT = [...QUICK, '--metrics-address', 'off']

/** So many that setting the rule takes long enough to be killed in the middle of it. */
const MANY = Array.from({ length: 40 }, (_, n) => `198.51.100.${1 + n}:6443`)

describe('lvscare care, killed at any moment', { skip: ranOn('6.1') }, () => {
  const random = Random.fromEnvironment()
  let cluster: TestCluster
  /** From the start of a guard until it has judged every server. */
  let startMs: number

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    // The first one is slow: nothing of it is in memory.
    await wholeStart()
    startMs = await wholeStart()
    console.log(`# LVSCARE_SEED=${random.seed}, a start takes ${Math.round(startMs)} ms`)
  })
  after(async () => {
    await GuardProcess.killAll()
    wipe()
    await cluster.remove()
  })

  async function wholeStart(): Promise<number> {
    const start = performance.now()
    const guard = new GuardProcess([...cluster.flags, ...SILENT])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    await guard.kill()
    return performance.now() - start
  }

  /** From the first sign of a rule of many servers to its last. */
  async function settingTakes(): Promise<number> {
    const guard = new GuardProcess(manyFlags())
    await waitFor('the service', LIMIT_MS, () => membersNow(VIRTUAL.v4))
    const start = performance.now()
    await waitFor('members', LIMIT_MS, () => membersNow(VIRTUAL.v4)?.size === 3 + MANY.length)
    const ms = performance.now() - start
    await guard.kill()
    return ms
  }

  function manyFlags(): string[] {
    return [...cluster.flags, ...SILENT, ...MANY.flatMap((server) => ['--rs', server])]
  }

  /** Starts a guard, and kills it after what is awaited; one that has ended before is as good. */
  async function startAndKill(moment: () => Promise<unknown>, flags: readonly string[]): Promise<void> {
    const guard: ChildProcess = spawn(process.execPath, [LVSCARE, 'care', ...flags], { stdio: 'ignore' })
    const ended = once(guard, 'close')
    await moment()
    guard.kill('SIGKILL')
    await ended
  }

  it(`leaves a rule that works, ${ADOPTING} times, while a server falls ill and recovers`, async () => {
    const start = performance.now()
    let n = 0
    for (; n < ADOPTING && performance.now() - start < LONGEST_MS; n += 1) {
      if (random.chance(0.2)) await cluster.server('b').behave(random.pick(['ok', 'sick']))
      const flags = [...cluster.flags, ...SILENT, ...(random.chance(0.15) ? ['--run-once'] : [])]
      await startAndKill(() => delay(random.between(0, 0.8 * startMs)), flags)
      assertWorks(`after kill ${n}, seed ${random.seed}`)
      if (n % 10 === 0) assert.ok('server' in (await attempt(VIP.v4, 6443)))
    }
    await cluster.server('b').behave('ok')
    console.log(`# ${n} of ${ADOPTING} kills`)
  })

  it('is followed by a guard that adopts the rule without one write', async (context) => {
    // The server that was ill may still weigh nothing: a verdict is told before the rule has what follows from it.
    const healer = new GuardProcess([...cluster.flags, ...SILENT])
    const isWhole = () => [A, B, C].every((server) => membersNow(VIRTUAL.v4)?.get(server) === 1)
    await waitFor('the whole rule', LIMIT_MS, isWhole)
    await healer.kill()
    const world = seen()
    const counting = KernelWrites.available()
    if (!counting) context.diagnostic('this kernel cannot count writes')
    const writes = counting ? KernelWrites.begin() : undefined
    const guard = new GuardProcess([...cluster.flags, ...QUICK])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    await delay(2000)
    assert.deepEqual(writes?.of(guard.process.pid) ?? [], [])
    assert.deepEqual(guard.records('step applied'), [])
    assert.deepEqual(seen(), world)
    const metrics = await (await fetch('http://127.0.0.1:9697/metrics')).text()
    assert.doesNotMatch(metrics, /^lvscare_steps_total\{.*result="applied"\} [1-9]/m)
    // That nothing was counted means something only when a write would have been.
    exec('ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', B, '-m', '-w', '7')
    await guard.logged('step applied', LIMIT_MS)
    if (writes !== undefined) assert.deepEqual(writes.of(guard.process.pid), ['ip_vs_genl_set_cmd'])
    writes?.end()
    await guard.kill()
  })

  it(`mends what a first start left behind that was killed in the middle, ${FIRST} times`, async () => {
    wipe()
    const settingMs = await settingTakes()
    wipe()
    const anywhere = () => delay(random.between(0, 0.7 * startMs))
    const whileSetting = async () => {
      await waitFor('the service', LIMIT_MS, () => membersNow(VIRTUAL.v4))
      await delay(random.between(0, settingMs))
    }
    const left = { nothing: 0, part: 0, whole: 0 }
    const start = performance.now()
    for (let n = 1; n <= FIRST && performance.now() - start < LONGEST_MS; n += 1) {
      await startAndKill(n % 4 === 1 ? whileSetting : anywhere, manyFlags())
      left[remains()] += 1
      if (n % 4 !== 0) continue
      const command = [process.execPath, LVSCARE, 'care', ...manyFlags(), '--run-once'] as const
      const { code, stderr } = outcome(command)
      assert.equal(code, 0, stderr)
      assert.equal(remains(), 'whole', `after kill ${n}, seed ${random.seed}`)
      wipe()
    }
    console.log(`# a killed first start left ${JSON.stringify(left)}`)
  })
})

/** Every server is a member, and those that were never ill get connections. */
function assertWorks(when: string): void {
  const members = membersNow(VIRTUAL.v4)
  assert.deepEqual([...(members?.keys() ?? [])].sort(), [A, B, C], when)
  assert.deepEqual([members?.get(A), members?.get(C)], [1, 1], when)
  assert.notEqual(localRoute(), '', when)
}

/** What a kill has left of a rule that was being made. */
function remains(): 'nothing' | 'part' | 'whole' {
  const members = membersNow(VIRTUAL.v4)
  const route = localRoute() !== ''
  if (members === undefined && !route) return 'nothing'
  return route && members?.size === 3 + MANY.length ? 'whole' : 'part'
}

function localRoute(): string {
  return exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)
}

/** Everything a guard may change, as others see it. */
function seen(): unknown {
  const settings = ['expire_nodest_conn', 'expire_quiescent_template', 'conntrack']
  return [
    savedTable(),
    exec('ip', '-o', 'route', 'show', 'table', 'all').split('\n').sort(),
    exec('ip', '-o', 'addr', 'show'),
    exec('nft', '-j', 'list', 'ruleset'),
    settings.map((name) => exec('sysctl', `net.ipv4.vs.${name}`)),
  ]
}

function wipe(): void {
  exec('ipvsadm', '-C')
  exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
}
