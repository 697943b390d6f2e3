import type { CareConfig } from './config.ts'
import { endpointText } from './endpoint.ts'
import { Fleet, type Weights } from './health/fleet.ts'
import { FULL_WEIGHT } from './health/slow-start.ts'
import { togetherMs } from './health/together.ts'
import type { Kernel } from './kernel.ts'
import { serviceKey } from './path/service.ts'
import { CONFIRM_MS } from './probe/confirm.ts'
import { monotonic } from './time.ts'

/** The fleet as the kernel has it: a restart of the guard changes nothing until it has verdicts of its own. */
export function adoptFleet(config: CareConfig, kernel: Pick<Kernel, 'ipvs'>): Fleet {
  const { intervalMs } = config
  const { rise, fall, allDown, timeoutMs } = config.health
  return new Fleet({
    servers: config.servers.map(({ text }) => text),
    adopted: adoptedWeights(config, kernel),
    rise,
    fall,
    allDown,
    fullWeight: config.failover.slowStartMs === undefined ? 1 : FULL_WEIGHT,
    togetherMs: togetherMs({ intervalMs, timeoutMs, confirmMs: CONFIRM_MS, fall }),
    nowMs: monotonic(),
  })
}

/** `--run-once` has no verdicts to wait for: members keep their weight, and who is missing is added. */
function adoptedWeights(config: CareConfig, { ipvs }: Pick<Kernel, 'ipvs'>): Weights | undefined {
  const found = ipvs.destinations(serviceKey(config.virtual))
  if (found === undefined) return undefined
  const weights = new Map(found.map(({ address, port, weight }) => [endpointText(address, port), weight]))
  if (config.runOnce) for (const { text } of config.servers) weights.set(text, weights.get(text) ?? 1)
  return weights
}
