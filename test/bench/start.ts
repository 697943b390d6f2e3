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

/** Looking takes the processor away from what is measured, so it is done for both. */
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
  let ended = false
  const bare = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }).once('close', () => {
    ended = true
  })
  const closed = once(bare, 'close')
  const looking = (async () => {
    while (!ended) await look()
  })()
  await closed
  const ms = performance.now() - start
  await looking
  return ms
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
  while ((await look()) !== SERVERS.length);
  const ms = performance.now() - start
  guard.kill('SIGKILL')
  await once(guard, 'close')
  exec('ipvsadm', '-C')
  exec('ip', 'route', 'flush', 'table', 'local', '10.103.97.2')
  return ms
}

/** How many members the rule has, after a pause. */
async function look(): Promise<number | undefined> {
  await delay(LOOK_EVERY_MS)
  return membersNow(VIRTUAL.v4)?.size
}
