import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { program } from '../lab/programs.ts'
import { residentMiB } from './process.ts'
import { type Result, trend } from './stats.ts'

const PROBES = 200_000

/** Caches and the compiler take their share first. */
const WARM_UP = 20_000

/** Resident memory over 200 000 probes: the last quarter against the first one after the warm-up. */
export async function benchProbes(): Promise<Result[]> {
  const target = fork(program('probe-target'))
  const [{ ports }] = (await once(target, 'message')) as [{ ports: number[] }]
  const servers = ports.map((port) => `127.0.0.1:${port}`)
  const guard = spawn(process.execPath, [program('probe-guard'), ...servers], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const samples = await sample(target, guard)
  const { handshakes } = await counts(target)
  guard.kill()
  await once(guard, 'close')
  target.disconnect()
  return [
    trend(`resident memory over ${PROBES.toLocaleString('en')} probes`, samples),
    {
      what: 'TLS handshakes for them, against the number of servers',
      ours: `${handshakes}`,
      rival: `${servers.length}`,
      ratio: handshakes / servers.length,
      rule: 'at most',
      target: 1,
    },
  ]
}

/** Resident memory ten times a second, from the end of the warm-up until there have been enough probes. */
async function sample(target: ChildProcess, guard: ChildProcess): Promise<number[]> {
  const samples: number[] = []
  for (;;) {
    await delay(100)
    const { requests } = await counts(target)
    if (requests > WARM_UP) samples.push(residentMiB(guard.pid))
    if (requests > WARM_UP + PROBES) return samples
  }
}

async function counts(target: ChildProcess): Promise<{ requests: number; handshakes: number }> {
  target.send('counts')
  const [answer] = (await once(target, 'message')) as [{ requests: number; handshakes: number }]
  return answer
}
