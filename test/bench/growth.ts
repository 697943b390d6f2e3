import { fork } from 'node:child_process'
import { once } from 'node:events'
import { exec } from '../lab/exec.ts'
import { TestNetwork } from '../lab/hosts.ts'
import { program } from '../lab/programs.ts'
import { type Result, trend } from './stats.ts'

const PASSES = 20_000

/** Caches and the compiler take their share first. */
const WARM_UP = 10_000

/** Resident memory over 20 000 passes, of which every fiftieth has something to mend. */
export async function benchGrowth(): Promise<Result[]> {
  const network = TestNetwork.create()
  const guard = fork(program('pass-guard'), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const samples: number[] = []
  const enough = new Promise<void>((resolve, reject) => {
    guard.once('exit', (code) => reject(new Error(`the passes ended with ${code}`)))
    guard.on('message', ({ pass, rss }: { pass: number; rss: number }) => {
      if (pass > WARM_UP) samples.push(rss / 1024 / 1024)
      if (pass >= WARM_UP + PASSES) resolve()
    })
  })
  await enough
  guard.disconnect()
  await once(guard, 'exit')
  exec('ipvsadm', '-C')
  exec('ip', 'route', 'flush', 'table', 'local', '10.103.97.2')
  network.remove()
  return [trend(`resident memory over ${PASSES.toLocaleString('en')} passes`, samples)]
}
