import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP } from '../lab/cluster.ts'
import { exec, execWith } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { TestHost } from '../lab/hosts.ts'
import { LVSCARE } from '../lab/programs.ts'
import { cpuDuring } from './process.ts'
import type { Result } from './stats.ts'

const SERVICES = 5000
const SETTLE_MS = 30_000
const WINDOW_MS = 60_000

/**
 * Processor time of a guard among 5 000 services of others, against one that has none: both at once, each with a table
 * of its own.
 */
export async function benchForeign(): Promise<Result[]> {
  const cluster = await TestCluster.create('a', 'b', 'c')
  const beside = new TestHost('beside', 20)
  beside.create()
  const flags = [...cluster.flags, '--interval', '1']
  const [crowded, alone] = [new GuardProcess(flags), new GuardProcess(flags, {}, inside(beside))]
  execWith(foreign(SERVICES), 'ipvsadm', '-R')
  await delay(SETTLE_MS)
  const [ours = 0, rival = 0] = await cpuDuring(WINDOW_MS, [crowded.process.pid], [alone.process.pid])
  for (const guard of [crowded, alone]) await guard.stop()
  exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  beside.remove()
  await cluster.remove()
  return [
    {
      what: 'processor time of a minute among 5 000 foreign services of 3 destinations, against without them',
      ours: `${ours.toFixed(2)} s`,
      rival: `${rival.toFixed(2)} s`,
      ratio: ours / rival,
      rule: 'at most',
      target: 1.2,
    },
  ]
}

/** The guard's command on a host of the test network. */
function inside({ name }: TestHost): [string, ...string[]] {
  return ['ip', 'netns', 'exec', name, process.execPath, LVSCARE, 'care']
}

/** A table for `ipvsadm -R`. */
export function foreign(services: number): string {
  const lines = []
  for (let n = 0; n < services; n += 1) {
    const service = `10.96.${n >> 8}.${n & 255}:443`
    lines.push(`-A -t ${service} -s rr`)
    for (let host = 1; host <= 3; host += 1)
      lines.push(`-a -t ${service} -r 10.244.${n % 250}.${host}:8443 -m -w 1`)
  }
  return `${lines.join('\n')}\n`
}
