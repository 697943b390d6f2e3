import type { Route } from '@lvscare/netlink'
import type { DoctorConfig } from '../../config.ts'
import { describeRoute, hostPrefix, ROUTE_PROTOCOL } from '../../path/route.ts'
import { ipFor, shellWord } from '../commands.ts'
import type { NetworkFacts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const SOURCE =
  'A running guard does it within a second, unless the address was given to it: then correct that, and restart it.'

const KINDS = {
  'route-ok': {
    severity: 'ok',
    meaning: 'Clients on this node get to the rule, with an address that servers can answer.',
  },
  'route-missing': {
    severity: 'error',
    meaning:
      'Connections to the virtual IP leave by the default gateway, where nobody knows it, or find no way at all.',
    advice: 'A running guard does it within a second; when it cannot, its log says why.',
    command: '{route}',
  },
  'route-in-the-way': {
    severity: 'error',
    meaning: 'Another route to the virtual IP comes before the one of this mode.',
    advice: 'Find out who made it. It may be left from another --mode.',
    command: '{ip} route del {destination} table {table}',
  },
  'route-source-lost': {
    severity: 'error',
    meaning:
      'The route gives connections a source address that this node no longer has: no server can answer them.',
    advice: SOURCE,
    command: '{route}',
  },
  'route-source-other': {
    severity: 'warning',
    meaning: 'Connections do not come from the address that the guard would choose now.',
    advice: SOURCE,
    command: '{route}',
  },
  'route-source-none': {
    severity: 'error',
    meaning: 'Connections come from the virtual IP itself, and servers on other hosts cannot answer them.',
    advice: SOURCE,
    command: '{route}',
  },
  'route-none': {
    severity: 'error',
    meaning:
      'Mode none leaves the way to the virtual IP to others, and nobody made one: clients get ENETUNREACH.',
    advice: 'Make a route to it, or let the guard do it with --mode local.',
  },
} as const

/** Findings about the way to the virtual IP in the modes `local`, `route` and `none`. */
export const ROUTE_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'route')

/** Does the way to the virtual IP lead where its mode wants it? `node` is the node's address. */
export function routeFindings(
  network: NetworkFacts,
  config: DoctorConfig,
  node: string | undefined,
): Finding[] {
  const { entry } = network
  if (config.mode === 'none') {
    return [
      entry === undefined
        ? report('route-none', `there is no route to ${config.virtual.address}`)
        : report('route-ok', describeRoute(entry)),
    ]
  }
  const route = routeCommand(network, config, node ?? 'NODE-IP')
  if (entry?.destination !== hostPrefix(config.virtual)) {
    const instead = entry === undefined ? 'no way' : describeRoute(entry)
    return [report('route-missing', `there is no route of its own, but ${instead}`, { route })]
  }
  if (entry.type !== (config.mode === 'local' ? 'local' : 'unicast')) return [inTheWay(entry, config)]
  return [sourceFinding(entry, network, node, route)]
}

function inTheWay(entry: Route, { virtual }: DoctorConfig): Finding {
  const local = entry.type === 'local'
  const destination = local ? `local ${virtual.address}` : virtual.address
  const values = { ip: ipFor(virtual), destination, table: local ? 'local' : String(entry.table) }
  return report('route-in-the-way', describeRoute(entry), values)
}

/** In mode `route` the node's address is the gateway, from which the kernel takes the source. */
function sourceFinding(
  entry: Route,
  { addresses }: NetworkFacts,
  node: string | undefined,
  route: string,
): Finding {
  const source = entry.preferredSource ?? entry.gateway
  if (source === undefined) return report('route-source-none', describeRoute(entry), { route })
  if (!addresses.some(({ address }) => address === source))
    return report('route-source-lost', `${source} is on no link of this node`, { route })
  if (node !== undefined && source !== node)
    return report('route-source-other', `its source is ${source}, this node's address ${node}`, { route })
  return report('route-ok', describeRoute(entry))
}

function routeCommand({ addresses }: NetworkFacts, config: DoctorConfig, node: string): string {
  const { virtual, mode } = config
  const ip = ipFor(virtual)
  const vip = virtual.address
  if (mode === 'local')
    return `${ip} route replace local ${vip} dev lo table local src ${node} proto ${ROUTE_PROTOCOL}`
  const link = shellWord(addresses.find(({ address }) => address === node)?.link ?? 'LINK')
  const by = virtual.family === 'inet' ? `via ${node}` : `dev ${link} src ${node}`
  return `${ip} route replace ${vip} ${by} metric 50 proto ${ROUTE_PROTOCOL}`
}
