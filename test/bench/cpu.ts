import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { Keepalived } from '../lab/keepalived.ts'
import { cpuDuring, residentMiB } from './process.ts'
import type { Result } from './stats.ts'

/** A start costs more than minutes of guarding, and is not what is compared. */
const SETTLE_MS = 15_000

/** In turns, because a machine that is busy with something else is so for a while. */
const ROUNDS = 2
const WINDOW_MS = 30_000

/** What guarding costs. */
interface Cost {
  seconds: number
  mib: number
}

/** Processor and memory of a minute of guarding three servers at a probe a second, against Debian's keepalived. */
export async function benchCpu(): Promise<Result[]> {
  const cluster = await TestCluster.create('a', 'b', 'c')
  const [ours, rival]: [Cost, Cost] = [
    { seconds: 0, mib: 0 },
    { seconds: 0, mib: 0 },
  ]
  for (let round = 0; round < ROUNDS; round += 1) {
    const keepalived = new Keepalived(cluster)
    await measure(rival, () => keepalived.pids)
    await keepalived.stop()
    const guard = new GuardProcess([...cluster.flags, '--interval', '1'])
    await measure(ours, () => [guard.process.pid])
    await guard.stop()
    exec('ipvsadm', '-C')
  }
  exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  await cluster.remove()
  return [
    {
      what: 'processor time of a minute, a probe of 3 servers a second, against keepalived 2.2.7',
      ours: `${ours.seconds.toFixed(2)} s`,
      rival: `${rival.seconds.toFixed(2)} s`,
      ratio: ours.seconds / rival.seconds,
      rule: 'at most',
      target: 1.25,
    },
    {
      what: 'resident memory of the same two',
      ours: `${ours.mib.toFixed(1)} MiB`,
      rival: `${rival.mib.toFixed(1)} MiB`,
      ratio: ours.mib / rival.mib,
      rule: 'at most',
      target: 4,
    },
  ]
}

/** Adds what these processes use, once they have settled. */
async function measure(cost: Cost, pids: () => readonly (number | undefined)[]): Promise<void> {
  await delay(SETTLE_MS)
  const guards = pids()
  const [seconds = 0] = await cpuDuring(WINDOW_MS, guards)
  cost.seconds += seconds
  cost.mib = Math.max(cost.mib, residentMiB(...guards))
}
