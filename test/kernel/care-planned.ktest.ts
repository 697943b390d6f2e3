import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PORT } from '../lab/apiserver.ts'
import { openWatch, type Watch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { newcomer } from '../lab/newcomer.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 60_000
const A = '192.0.2.11:6443'

/** New connections in all; some before the stop begins, most while it goes on, some when the server is gone. */
const CONNECTIONS = 2000
const BEFORE = 200
const AFTER = 200

/** At once: a new connection is mostly waiting. */
const AT_ONCE = 4

/** A connection that a loaded machine makes late has not failed. */
const NEWCOMER_LIMIT_MS = 20_000

/** In kube-apiserver: --shutdown-delay-duration, and what its open watches get. */
const STOP = { delayMs: 15_000, drainMs: 10_000 }

describe('lvscare care --ready-path, while a server stops as planned', { skip: ranOn('6.12') }, () => {
  let cluster: TestCluster
  let guard: GuardProcess

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    const flags = ['--ready-path', '/readyz', '--interval', '1', '--metrics-address', 'off']
    guard = new GuardProcess([...cluster.flags, ...flags])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
  })
  after(async () => {
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  it(`fails none of ${CONNECTIONS} new connections, and ends no old one before the server does`, async () => {
    const [own, others] = await watches()
    const crowd = new Crowd()
    await waitFor('connections before the stop', LIMIT_MS, () => crowd.made >= BEFORE)
    const start = performance.now()
    const { ended } = await cluster.server('a').shutDown(STOP)
    const watchEnded = Promise.all(own.map((watch) => watch.ended)).then((how) => ({
      how,
      ms: performance.now() - start,
    }))
    await waitFor('weight 0', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(A) === 0)
    assert.ok(performance.now() - start < STOP.delayMs, 'no new connections before the server refuses them')

    await ended
    const gone = crowd.made
    await waitFor(
      'connections after the stop',
      4 * LIMIT_MS,
      () => crowd.made >= Math.max(CONNECTIONS, gone + AFTER),
    )
    await crowd.leave()
    // By them it is seen what the guard did when it began.
    if (crowd.problems.length > 0) for (const line of guard.log) console.log(`# ${JSON.stringify(line)}`)
    assert.deepEqual(crowd.problems, [])
    const { how, ms } = await watchEnded
    assert.deepEqual(new Set(how), new Set(['closed']))
    assert.ok(ms >= STOP.delayMs + STOP.drainMs - 1, `the watches ended after ${ms} ms`)

    for (const watch of others)
      assert.equal(await Promise.race([watch.ended, Promise.resolve('open')]), 'open')
    for (const { socket } of others) socket.destroy()
    await waitFor('two members', LIMIT_MS, () => !membersOf(VIRTUAL.v4)?.has(A))
    await cluster.server('a').start()
    await waitFor('three members', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(A) === 1)
  })

  /** Some through the virtual IP: those of the server that will stop, and the others. */
  async function watches(): Promise<[Watch[], Watch[]]> {
    const all = []
    for (let n = 0; n < 6; n += 1) all.push(await openWatch(VIP.v4, PORT))
    const own = all.filter(({ server }) => server === 'a')
    assert.equal(own.length, 2)
    return [own, all.filter((watch) => !own.includes(watch))]
  }
})

/** Clients that come and go, some at once, for as long as they may. */
class Crowd {
  made = 0
  /** Of those that failed: why, and when they had begun. */
  readonly problems: string[] = []
  readonly #clients: readonly Promise<void>[]
  #isOver = false

  constructor() {
    this.#clients = Array.from({ length: AT_ONCE }, () => this.#come())
  }

  /** No new one comes; resolves when the last has gone. */
  async leave(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #come(): Promise<void> {
    while (!this.#isOver) {
      const time = new Date().toISOString()
      const problem = await newcomer(VIP.v4, PORT, NEWCOMER_LIMIT_MS)
      this.made += 1
      if (problem !== undefined) this.problems.push(`${problem}, begun ${time}`)
    }
  }
}
