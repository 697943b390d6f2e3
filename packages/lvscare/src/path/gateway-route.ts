import { type Route, RouteTable as Table } from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'
import { VipTakenError } from '../errors.ts'
import { deletion, describeRoute, hostPrefix, ROUTE_PROTOCOL, type RouteTable } from './route.ts'
import type { Piece, Step } from './step.ts'

/** The metric that lvscare gives its route. */
const METRIC = 50

/**
 * The route of mode `route`: `VIP via NODE-IP metric 50`, as lvscare makes it.
 *
 * IPv6 refuses a gateway that is its own address, so there it leads out of the node's link, and IPVS turns it before it leaves.
 */
export function gatewayRoute(virtual: Endpoint, nodeAddress: string, outputLink: number | undefined): Route {
  const { family } = virtual
  return {
    family,
    destination: hostPrefix(virtual),
    table: Table.MAIN,
    type: 'unicast',
    scope: 'universe',
    protocol: ROUTE_PROTOCOL,
    metric: METRIC,
    ...(family === 'inet' ? { gateway: nodeAddress } : { preferredSource: nodeAddress }),
    ...(family === 'inet6' && outputLink !== undefined ? { outputLink } : {}),
  }
}

/** Leads packets for the virtual IP through this node's own address, where IPVS takes them. For who comes from lvscare. */
export class GatewayRoutePiece implements Piece {
  readonly name = 'route'
  readonly #table: RouteTable
  readonly #virtual: Endpoint
  readonly #node: () => { readonly address: string; readonly link: number | undefined }
  #source: string | undefined

  /** `node` is asked on every pass: the node's address, and the link that has it. */
  constructor(
    table: RouteTable,
    virtual: Endpoint,
    node: () => { readonly address: string; readonly link: number | undefined },
  ) {
    this.#table = table
    this.#virtual = virtual
    this.#node = node
  }

  plan(): Step[] {
    const { address, link } = this.#node()
    const wanted = gatewayRoute(this.#virtual, address, link)
    const wantedChanged = this.#source !== address
    this.#source = address
    const found = this.#observe()
    if (found !== undefined && isSame(found, wanted)) return []
    const kind = found === undefined ? 'add-route' : 'replace-route'
    const apply = (): void => this.#table.replaceRoute(wanted)
    const [subject, before] = [describeRoute(wanted), describeRoute(found)]
    return [{ piece: this.name, kind, subject, found: before, wantedChanged, apply }]
  }

  undo(): Step[] {
    const { family } = this.#virtual
    const key = { destination: hostPrefix(this.#virtual), table: Table.MAIN, protocol: ROUTE_PROTOCOL }
    return this.#table
      .routes({ ...key, family })
      .map((found) => deletion(found, () => void this.#table.deleteRoute(keyOf(found))))
  }

  /** The route that decides; throws {@link VipTakenError} for one that no route of ours can come before. */
  #observe(): Route | undefined {
    const found = this.#table.match(this.#virtual.address)
    if (found?.destination !== hostPrefix(this.#virtual)) return undefined
    const { address } = this.#virtual
    if (found.type === 'local') throw new VipTakenError(address)
    if ((found.metric ?? 0) < METRIC) throw new VipTakenError(address, describeRoute(found))
    return found.metric === METRIC ? found : undefined
  }
}

function keyOf({ destination, table, protocol, metric }: Route): Parameters<RouteTable['deleteRoute']>[0] {
  return { destination, table, protocol, ...(metric === undefined ? {} : { metric }) }
}

/** The kernel chooses the link of an IPv4 gateway itself. */
function isSame(found: Route, wanted: Route): boolean {
  return (
    found.gateway === wanted.gateway &&
    (wanted.gateway !== undefined ||
      (found.preferredSource === wanted.preferredSource && found.outputLink === wanted.outputLink))
  )
}
