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

const FLAGS = [
  '--vs',
  VIRTUAL.v4,
  ...SERVERS.flatMap((server) => ['--rs', server]),
  '--metrics-address',
  'off',
]

/** From the start of the bundle until the rules are in the kernel, against `node -e 0`, in turns. */
export async function benchStart(): Promise<Result[]> {
  const network = TestNetwork.create()
  const ours: number[] = []
  const onces: number[] = []
  const bare: number[] = []
  // The first of each only warms the files up.
  for (let run = 0; run <= RUNS; run += 1) {
    bare.push(await bareMs())
    ours.push(await rulesMs())
    onces.push(await onceMs())
  }
  network.remove()
  const rival = median(bare.slice(1))
  return [
    result('start until the rules are in the kernel, against `node -e 0`', median(ours.slice(1)), rival, 3),
    result('`--run-once` from start to exit, against `node -e 0`', median(onces.slice(1)), rival, 6),
  ]
}

function result(what: string, ours: number, rival: number, target: number): Result {
  const ms = (value: number): string => `${Math.round(value)} ms`
  return { what, ours: ms(ours), rival: ms(rival), ratio: ours / rival, rule: 'at most', target }
}

function bareMs(): Promise<number> {
  return untilExit('-e', '0')
}

/** As a unit runs it at boot, before kubelet. */
async function onceMs(): Promise<number> {
  const ms = await untilExit(LVSCARE, 'care', ...FLAGS, '--run-once')
  takeBack()
  return ms
}

async function untilExit(...args: readonly string[]): Promise<number> {
  const start = performance.now()
  let ended = false
  const program = spawn(process.execPath, args, { stdio: 'ignore' }).once('close', () => {
    ended = true
  })
  const closed = once(program, 'close')
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
  const guard = spawn(process.execPath, [LVSCARE, 'care', ...FLAGS], { stdio: 'ignore' })
  while ((await look()) !== SERVERS.length);
  const ms = performance.now() - start
  guard.kill('SIGKILL')
  await once(guard, 'close')
  takeBack()
  return ms
}

function takeBack(): void {
  exec('ipvsadm', '-C')
  exec('ip', 'route', 'flush', 'table', 'local', '10.103.97.2')
}

/** How many members the rule has, after a pause. */
async function look(): Promise<number | undefined> {
  await delay(LOOK_EVERY_MS)
  return membersNow(VIRTUAL.v4)?.size
}
