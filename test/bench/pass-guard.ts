// The part of the guard that keeps the kernel true, pass after pass without a pause; as a process of its own. Reports its
// resident memory to its parent.
import '../../packages/lvscare/src/memory.ts'
import { setImmediate as turn } from 'node:timers/promises'
import { Ipvs } from '@lvscare/ipvs'
import { careConfig, FlagValues, RuleWeights, serviceKey } from 'lvscare'
import { Keeper } from '../../packages/lvscare/src/keeper.ts'
import { closeKernel, openKernel } from '../../packages/lvscare/src/kernel.ts'
import { createLog } from '../../packages/lvscare/src/log.ts'
import { Metrics } from '../../packages/lvscare/src/metrics.ts'
import { buildPieces } from '../../packages/lvscare/src/path/build.ts'
import { Repairs } from '../../packages/lvscare/src/repairs.ts'
import { SeatWatch } from '../../packages/lvscare/src/seat-watch.ts'
import { VerdictBook } from '../../packages/lvscare/src/verdict-book.ts'
import { benchFleet } from './bench-fleet.ts'

/** As often as this a pass finds something to mend. */
const BREAK_EVERY = 50

const REPORT_EVERY = 200

const servers = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
const config = careConfig(
  new FlagValues(
    new Map([
      ['vs', ['10.103.97.2:6443']],
      ['rs', servers],
    ]),
  ),
)
const kernel = openKernel()
const fleet = benchFleet(servers)
const rule = new RuleWeights(fleet, config.failover)
const weights = () => rule.at(performance.now())
const log = createLog('info')
const key = serviceKey(config.virtual)
const members = () => kernel.ipvs.destinations(key)
const metrics = new Metrics({ version: '0', servers, view: () => keeper.view(), kernel: members })
const keeper: Keeper = new Keeper({
  pieces: buildPieces(config, kernel, weights),
  leftovers: [],
  first: { applied: [], failures: [] },
  book: new VerdictBook(fleet, log, metrics, weights),
  allDown: () => fleet.allDown,
  followers: {
    tick: () => undefined,
    changed: () => undefined,
    standBy: () => undefined,
    resume: () => undefined,
  },
  metrics,
  repairs: new Repairs(log, () => undefined),
  seat: new SeatWatch({ tryToTake: async () => 'mine' }, log),
  log,
})
const other = Ipvs.open()
for (let pass = 1; process.connected; pass += 1) {
  keeper.pass()
  if (pass % BREAK_EVERY === 0) other.setDestination(key, { address: '192.0.2.11', port: 6443, weight: 7 })
  if (pass % REPORT_EVERY === 0) {
    await metrics.text()
    process.send?.({ pass, rss: process.memoryUsage.rss() })
    await turn()
  }
}
other.close()
closeKernel(kernel)
