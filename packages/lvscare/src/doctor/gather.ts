import { Ipvs } from '@lvscare/ipvs'
import { Rtnetlink } from '@lvscare/netlink'
import type { DoctorConfig } from '../config.ts'
import { serviceKey } from '../path/service.ts'
import type { Facts, RuleFacts } from './facts.ts'
import { attempt } from './gather/attempt.ts'
import { gatherCluster } from './gather/cluster.ts'
import { type Asking, contactServers, contactVirtual } from './gather/contacts.ts'
import { gatherGuard } from './gather/guard.ts'
import { gatherKernel } from './gather/kernel.ts'
import { gatherMasquerade, gatherNetwork, gatherNodeAddress } from './gather/network.ts'

/**
 * Looks at everything, and changes nothing; only the question for IPVS makes the kernel load its module.
 *
 * What cannot be seen is part of the facts, with the reason. Rejects only with a UsageError, for files of the flags that
 * cannot be used, or when the signal aborts.
 */
export async function gather(config: DoctorConfig, asking: Asking): Promise<Facts> {
  const asked = Promise.all([
    contactServers(config, asking),
    contactVirtual(config, asking),
    gatherCluster(),
    gatherGuard(config.virtual.text),
  ])
  const kernel = lookAtKernel(config)
  const [servers, through, cluster, guard] = await asked
  return { nowMs: Date.now(), ...kernel, servers, through, cluster, guard }
}

/** The conversations with the kernel, which answers at once. */
function lookAtKernel(
  config: DoctorConfig,
): Pick<Facts, 'kernel' | 'network' | 'nodeAddress' | 'rule' | 'masquerade'> {
  const ipvs = attempt(() => Ipvs.open())
  const routes = attempt(() => Rtnetlink.open())
  const network = routes.seen ? attempt(() => gatherNetwork(config, routes.value)) : routes
  const nodeAddress = routes.seen ? attempt(() => gatherNodeAddress(config, routes.value)) : routes
  const kernel = gatherKernel(config, ipvs, network)
  const rule = ipvs.seen ? attempt(() => gatherRule(config, ipvs.value)) : ipvs
  const masquerade = gatherMasquerade(config, nodeAddress)
  if (ipvs.seen) ipvs.value.close()
  if (routes.seen) routes.value.close()
  return { kernel, network, nodeAddress, rule, masquerade }
}

function gatherRule({ virtual }: DoctorConfig, ipvs: Ipvs): RuleFacts | undefined {
  const key = serviceKey(virtual)
  const service = ipvs.service(key)
  return service === undefined ? undefined : { service, members: ipvs.destinations(key) ?? [] }
}
