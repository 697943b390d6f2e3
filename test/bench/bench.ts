// npm run bench: the numbers of docs/performance.md, as ratios in one run. In the VM: all but the probes and the clients.
import { cpus, release } from 'node:os'
import { benchClients } from './clients.ts'
import { benchCpu } from './cpu.ts'
import { benchFailover } from './failover/failover.ts'
import { benchLoss } from './failover/loss.ts'
import { benchForeign } from './foreign.ts'
import { benchGrowth } from './growth.ts'
import { benchFleet, benchInstaller } from './installer.ts'
import { benchMemory } from './memory.ts'
import { benchPass } from './pass.ts'
import { benchProbes } from './probes.ts'
import { benchRepair } from './repair.ts'
import { benchScrape } from './scrape.ts'
import { benchSingle, benchSingleMemory } from './single.ts'
import { benchStart } from './start.ts'
import { kept, type Result, table } from './stats.ts'

const PARTS: Record<string, () => Result[] | Promise<Result[]>> = {
  pass: benchPass,
  start: benchStart,
  memory: benchMemory,
  cpu: benchCpu,
  foreign: benchForeign,
  repair: benchRepair,
  growth: benchGrowth,
  installer: benchInstaller,
  fleet: benchFleet,
  failover: benchFailover,
  loss: benchLoss,
  probes: benchProbes,
  clients: benchClients,
  scrape: benchScrape,
  single: benchSingle,
  'single-memory': benchSingleMemory,
}

const results: Result[] = []
for (const name of process.argv.slice(2)) {
  const part = PARTS[name]
  if (part === undefined) throw new RangeError(`"${name}" is not one of ${Object.keys(PARTS).join(', ')}`)
  const start = performance.now()
  results.push(...(await part()))
  console.error(`bench: ${name}, ${Math.round((performance.now() - start) / 1000)} s`)
}
console.log(`\nLinux ${release()}, Node ${process.version}, ${cpus().length} processors\n\n${table(results)}`)
process.exit(results.every(kept) ? 0 : 1)
