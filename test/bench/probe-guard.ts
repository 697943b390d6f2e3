// The running part of the guard, without a kernel to keep: what probing alone costs. Arguments: the servers.
import { careConfig, FlagValues, RuleWeights } from 'lvscare'
import { createLog, guard } from '../../packages/lvscare/src/runtime.ts'
import { benchFleet } from './bench-fleet.ts'

const servers = process.argv.slice(2)
const flags = new Map([
  ['vs', ['127.0.0.1:1']],
  ['mode', ['none']],
  ['rs', servers],
  ['interval', ['1ms']],
  ['metrics-address', ['off']],
])
const config = careConfig(new FlagValues(flags))
const fleet = benchFleet(servers)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort('SIGTERM'))
const kernel = {
  members: () => undefined,
  routes: { link: () => undefined },
  clients: undefined,
  limitSilence: () => undefined,
  hasKubeProxyTable: () => undefined,
  isGuarded: () => false,
}
const first = { applied: [], failures: [] }
const rule = new RuleWeights(fleet, config.failover)
const parts = { config, fleet, rule, pieces: [], leftovers: [], first, kernel, log: createLog('info') }
await guard(parts, stop.signal)
process.exit(0)
