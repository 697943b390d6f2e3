import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster } from '../lab/cluster.ts'
import { GuardProcess } from '../lab/guard.ts'
import { residentMiB } from './process.ts'
import type { Result } from './stats.ts'

const GUARDING_MS = 120_000

/** Resident memory after two minutes of guarding, against a bare `node` that waits as long. */
export async function benchMemory(): Promise<Result[]> {
  const cluster = await TestCluster.create('a', 'b', 'c')
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const guard = new GuardProcess([...cluster.flags, '--interval', '1'])
  await delay(GUARDING_MS)
  const [ours, rival] = [residentMiB(guard.process.pid), residentMiB(bare.pid)]
  bare.kill()
  await once(bare, 'close')
  await guard.stop()
  await cluster.remove()
  return [
    {
      what: 'resident memory after two minutes of guarding, against a bare `node`',
      ours: `${ours.toFixed(1)} MiB`,
      rival: `${rival.toFixed(1)} MiB`,
      ratio: ours / rival,
      rule: 'at most',
      target: 1.6,
    },
  ]
}
