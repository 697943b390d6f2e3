import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { TestNetwork } from '../lab/hosts.ts'
import { membersNow } from '../lab/proc-table.ts'
import { LVSCARE } from '../lab/programs.ts'
import { median, type Result } from './stats.ts'

const RUNS = 15

/** Looking more often would take the processor away from what is measured. */
const LOOK_EVERY_MS = 10

const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']

/** From the start of the bundle until the rules are in the kernel, against `node -e 0`, in turns. */
export async function benchStart(): Promise<Result[]> {
  const network = TestNetwork.create()
  const ours: number[] = []
  const bare: number[] = []
  // The first of each only warms the files up.
  for (let run = 0; run <= RUNS; run += 1) {
    bare.push(await bareMs())
    ours.push(await rulesMs())
  }
  network.remove()
  const [start, rival] = [median(ours.slice(1)), median(bare.slice(1))]
  return [
    {
      what: 'start until the rules are in the kernel, against `node -e 0`',
      ours: `${Math.round(start)} ms`,
      rival: `${Math.round(rival)} ms`,
      ratio: start / rival,
      rule: 'at most',
      target: 3,
    },
  ]
}

async function bareMs(): Promise<number> {
  const start = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'close')
  return performance.now() - start
}

async function rulesMs(): Promise<number> {
  const start = performance.now()
  const flags = [
    '--vs',
    VIRTUAL.v4,
    ...SERVERS.flatMap((server) => ['--rs', server]),
    '--metrics-address',
    'off',
  ]
  const guard = spawn(process.execPath, [LVSCARE, 'care', ...flags], { stdio: 'ignore' })
  while (membersNow(VIRTUAL.v4)?.size !== SERVERS.length) await delay(LOOK_EVERY_MS)
  const ms = performance.now() - start
  guard.kill('SIGKILL')
  await once(guard, 'close')
  exec('ipvsadm', '-C')
  exec('ip', 'route', 'flush', 'table', 'local', '10.103.97.2')
  return ms
}
