import { type Route, RouteProtocol, type Rtnetlink } from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'
import { VipTakenError } from '../errors.ts'
import type { Piece, Step, StepKind } from './step.ts'

/** What is used of {@link Rtnetlink} here, so that a test can hand in routes in memory. */
export type RouteTable = Pick<Rtnetlink, 'match' | 'routes' | 'replaceRoute' | 'deleteRoute'>

/** Who made a route (`rtm_protocol`): a number that /etc/iproute2/rt_protos gives to nobody marks ours. */
export const ROUTE_PROTOCOL = 77

const TABLE_LOCAL = 255

/** `lo` has index 1 in every network namespace (drivers/net/loopback.c registers it first). */
const LOOPBACK_INDEX = 1

/** The route of mode `local`: `local VIP dev lo table local src NODE-IP`. */
export function localRoute(virtual: Endpoint, nodeAddress: string): Route {
  const { family } = virtual
  return {
    family,
    destination: hostPrefix(virtual),
    table: TABLE_LOCAL,
    type: 'local',
    scope: family === 'inet' ? 'host' : 'universe',
    protocol: ROUTE_PROTOCOL,
    preferredSource: nodeAddress,
    outputLink: LOOPBACK_INDEX,
  }
}

/**
 * Makes the virtual IP local, with the node's own address as the source of its clients.
 *
 * So a client on the node works without a default route, and a missing rule means RST at once instead of a leak.
 */
export class RoutePiece implements Piece {
  readonly name = 'route'
  readonly #table: RouteTable
  readonly #virtual: Endpoint
  readonly #nodeAddress: () => string
  #source: string | undefined

  /** `nodeAddress` is asked on every pass, because a node's address can change; it may throw. */
  constructor(table: RouteTable, virtual: Endpoint, nodeAddress: () => string) {
    this.#table = table
    this.#virtual = virtual
    this.#nodeAddress = nodeAddress
  }

  plan(): Step[] {
    const source = this.#nodeAddress()
    const wanted = localRoute(this.#virtual, source)
    const wantedChanged = this.#source !== source
    this.#source = source
    const found = this.#observe()
    if (found === undefined) return [this.#step('add-route', wanted, found, wantedChanged)]
    // It came with an address and must go with it: replaced, the node would lose its own address with our route.
    if (found.protocol === RouteProtocol.KERNEL) throw new VipTakenError(this.#virtual.address)
    return sameRoute(found, wanted) ? [] : [this.#step('replace-route', wanted, found, wantedChanged)]
  }

  /**
   * Only a route that carries our protocol number is ours to take away.
   *
   * Not the one that decides, as in a pass: for IPv6 an address that was added later hides ours, which is there still.
   */
  undo(): Step[] {
    const key = { destination: hostPrefix(this.#virtual), table: TABLE_LOCAL, protocol: ROUTE_PROTOCOL }
    return this.#table
      .routes({ ...key, family: this.#virtual.family })
      .map((found) => deletion(found, () => void this.#table.deleteRoute({ ...key, type: found.type })))
  }

  /**
   * The local route of exactly the virtual IP; a wider or farther one that covers it is not it.
   *
   * Its table is not looked at: with the usual rules the kernel keeps `local` and `main` in one tree, and says `main`.
   */
  #observe(): Route | undefined {
    const found = this.#table.match(this.#virtual.address)
    return found?.type === 'local' && found.destination === hostPrefix(this.#virtual) ? found : undefined
  }

  #step(kind: StepKind, wanted: Route, found: Route | undefined, wantedChanged: boolean): Step {
    const apply = (): void => this.#table.replaceRoute(wanted)
    const [subject, before] = [describeRoute(wanted), describeRoute(found)]
    return { piece: this.name, kind, subject, found: before, wantedChanged, apply }
  }
}

/** The step that deletes a route. */
export function deletion(found: Route, apply: () => void): Step {
  const text = describeRoute(found)
  return { piece: 'route', kind: 'delete-route', subject: text, found: text, apply }
}

/** The prefix of the virtual IP alone. */
export function hostPrefix({ family, address }: Endpoint): string {
  return `${address}/${family === 'inet' ? 32 : 128}`
}

function sameRoute(a: Route, b: Route): boolean {
  return a.preferredSource === b.preferredSource && a.outputLink === b.outputLink
}

/** A route on one line, much as `ip route` prints it. */
export function describeRoute(route: Route | undefined): string {
  if (route === undefined) return 'nothing'
  const { type, destination, gateway, preferredSource, metric } = route
  const via = gateway === undefined ? '' : ` via ${gateway}`
  const source =
    preferredSource === undefined && gateway !== undefined ? '' : ` src ${preferredSource ?? 'none'}`
  return `${type} ${destination}${via}${source}${metric === undefined ? '' : ` metric ${metric}`}`
}
