import { existsSync } from 'node:fs'
import { Ipvs, type ServiceEntry } from '@lvscare/ipvs'
import { Rtnetlink } from '@lvscare/netlink'
import { type Endpoint, endpointText } from '../endpoint.ts'
import { ROUTE_PROTOCOL } from '../path/route.ts'
import type { Rule } from './report.ts'

/** Finds rules without a guard: the one of a virtual server, or every one that a guard has left. Throws as the kernel does. */
export type FindRules = (virtual: Endpoint | undefined) => Rule[]

/** The dummy device of mode `link`, unless its guard was told another name. */
const DEVICE = 'lvscare'

/** There as soon as the kernel has IPVS: asked first, because to look must not load a module. */
const TABLE = '/proc/net/ip_vs'

/** {@link FindRules} in this kernel. */
export const findRules: FindRules = (virtual) => {
  if (!existsSync(TABLE)) return []
  const ipvs = Ipvs.open()
  try {
    const addresses = virtual === undefined ? virtualAddresses() : new Set([virtual.address])
    return ipvs.services().flatMap((service) => {
      const text = serviceText(service, addresses)
      if (text === undefined || (virtual !== undefined && text !== virtual.text)) return []
      const members = ipvs.destinations(service)
      return members === undefined ? [] : [{ virtual: text, scheduler: service.scheduler, members }]
    })
  } finally {
    ipvs.close()
  }
}

/** The text of a TCP service at one of these addresses; undefined for any other. */
function serviceText(service: ServiceEntry, addresses: ReadonlySet<string>): string | undefined {
  if (!('protocol' in service) || service.protocol !== 'tcp' || !addresses.has(service.address))
    return undefined
  return endpointText(service.address, service.port)
}

/** What guards have made: routes that carry our protocol number, and the addresses of the dummy device. */
function virtualAddresses(): Set<string> {
  const routes = Rtnetlink.open()
  try {
    const ours = (['inet', 'inet6'] as const).flatMap((family) =>
      routes.routes({ family, protocol: ROUTE_PROTOCOL }).map(({ destination }) => destination.split('/')[0]),
    )
    const link = routes.link(DEVICE)
    const onDevice =
      link?.kind === 'dummy' ? routes.addresses({ linkIndex: link.index }).map(({ address }) => address) : []
    return new Set([...ours, ...onDevice].filter((address) => address !== undefined))
  } finally {
    routes.close()
  }
}
