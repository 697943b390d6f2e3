// The part of the guard that keeps the kernel true, pass after pass without a pause; as a process of its own. Reports its
// resident memory to its parent.
import '../../packages/lvscare/src/memory.ts'
import { setImmediate as turn } from 'node:timers/promises'
import { Ipvs } from '@lvscare/ipvs'
import { careConfig, FlagValues, RuleWeights, serviceKey } from 'lvscare'
import { closeKernel, openKernel } from '../../packages/lvscare/src/kernel.ts'
import { createLog } from '../../packages/lvscare/src/log.ts'
import { buildPieces } from '../../packages/lvscare/src/path/build.ts'
import { benchFleet } from './bench-fleet.ts'
import { benchKeeper } from './bench-keeper.ts'

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
const pieces = buildPieces(config, kernel, weights)
const { keeper, metrics } = benchKeeper({ pieces, log, fleet, servers, weights, kernel: members })
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
