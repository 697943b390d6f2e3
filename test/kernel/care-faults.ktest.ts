import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { FaultWorld } from '../lab/fault-world.ts'
import { FAULTS } from '../lab/faults.ts'
import { GuardProcess } from '../lab/guard.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { membersNow } from '../lab/proc-table.ts'
import { Random } from '../lab/random.ts'
import { waitFor } from '../lab/wait.ts'

const RUNS = Number(process.env['LVSCARE_FAULT_RUNS'] ?? 5)
const FAULTS_PER_RUN = 16

/** Until everything is as it should be, once nothing breaks it any more. */
const HEAL_LIMIT_MS = 30_000

/** Longest time in which nobody could connect although a server was healthy: says "stuck", not "slow". */
const EMPTY_LIMIT_MS = 8000

const QUICK = ['--interval', '300ms', '--health-timeout', '2s', '--metrics-address', 'off']

describe('lvscare care, whatever happens', { skip: ranOn('6.12') }, () => {
  let cluster: TestCluster
  let world: FaultWorld
  let wanted: string

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    world = new FaultWorld(cluster, QUICK)
    world.startGuard()
    await waitFor('members', HEAL_LIMIT_MS, () => membersNow(VIRTUAL.v4)?.size === 3)
    wanted = world.seen()
  })
  after(async () => {
    await world.close()
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  const { seed } = Random.fromEnvironment()
  for (let run = 0; run < RUNS; run += 1) {
    it(`ends in the desired state: LVSCARE_SEED=${seed + run} LVSCARE_FAULT_RUNS=1`, async () => {
      world.story.length = 0
      try {
        await sequence(new Random(seed + run))
        await desiredAgain()
      } catch (error) {
        throw new Error(`after ${world.story.join(', ')}`, { cause: error })
      }
    })
  }

  async function sequence(random: Random): Promise<void> {
    const start = performance.now()
    while (world.story.length < FAULTS_PER_RUN) {
      const name = random.pick(Object.keys(FAULTS))
      const at = Math.round(performance.now() - start)
      // What cannot happen just now is no fault: another one comes instead of it.
      if ((await FAULTS[name]?.(world, random)) === false) continue
      world.story.push(`${name} (${at} ms)`)
      await delay(random.between(0, 700))
      assertForeignUntouched()
    }
  }

  async function desiredAgain(): Promise<void> {
    await world.healAll()
    await waitFor('desired state', HEAL_LIMIT_MS, () => world.seen() === wanted).catch((error: unknown) => {
      assert.equal(world.seen(), wanted, String(error))
    })
    assertForeignUntouched()
    const answers = []
    for (let n = 0; n < 6; n += 1) answers.push(await attempt(VIP.v4, 6443))
    const servers = answers.map((answer) => ('server' in answer ? answer.server : answer.error))
    // Not two of each: a member that has just come back moves the scheduler's turn.
    assert.deepEqual([...new Set(servers)].sort(), ['a', 'b', 'c'])
    console.log(`# longest time without a member: ${Math.round(world.watch.longestMs)} ms`)
    assert.ok(world.watch.longestMs < EMPTY_LIMIT_MS, `nobody could connect for ${world.watch.longestMs} ms`)
  }

  function assertForeignUntouched(): void {
    const { found, wanted: foreign } = world.foreignRules()
    assert.deepEqual(found, foreign, 'rules of others')
  }
})
