import { FamilyNumber, parseAddress } from '../address.ts'
import { Flag } from '../constants.ts'
import { DecodeError } from '../errors.ts'
import {
  type AddressFilter,
  type AddressSpec,
  decodeAddress,
  encodeAddress,
  encodeAddressDump,
  type LinkAddress,
  selectsAddress,
} from './address.ts'
import { LinkFlag, RouteFlag, RtmType } from './constants.ts'
import { type RtnetlinkOptions, RtnlExchange } from './exchange.ts'
import {
  decodeLink,
  encodeLinkDump,
  encodeLinkKey,
  encodeNewLink,
  type Link,
  type LinkKey,
  type NewLink,
} from './link.ts'
import {
  encodeRoute,
  encodeRouteDump,
  encodeRouteKey,
  encodeRouteLookup,
  type Route,
  type RouteFilter,
  type RouteSpec,
} from './route.ts'
import { decodeRoute } from './route-decoder.ts'
import { selectsRoute } from './route-filter.ts'

/**
 * Links, addresses and routes of the network namespace this process was in when the connection was opened.
 *
 * Every method throws {@link KernelError} with the errno when the kernel refuses (EPERM without CAP_NET_ADMIN for a
 * change; reading needs no privilege), {@link SyscallError} when the socket fails, and RangeError for an argument that
 * no kernel would take.
 */
export class Rtnetlink {
  readonly #kernel: RtnlExchange

  private constructor(kernel: RtnlExchange) {
    this.#kernel = kernel
  }

  /** Opens a connection; throws {@link SyscallError} or {@link BindingError}. */
  static open(options: RtnetlinkOptions = {}): Rtnetlink {
    return new Rtnetlink(RtnlExchange.open(options))
  }

  /** Closes the connection. */
  close(): void {
    this.#kernel.close()
  }

  /** Every link. */
  links(): Link[] {
    return this.#kernel.dump(RtmType.GETLINK, encodeLinkDump()).map(decodeLink)
  }

  /** One link, or undefined when there is none of that name or index. */
  link(key: LinkKey): Link | undefined {
    const payload = this.#kernel.get(RtmType.GETLINK, encodeLinkKey(key), ['ENODEV'])
    return payload && decodeLink(payload)
  }

  /** Makes a link; EEXIST when the name is taken, EOPNOTSUPP when the kernel has no module for the kind. */
  addLink(link: NewLink): void {
    this.#kernel.change(RtmType.NEWLINK, encodeNewLink(link), ADD)
  }

  /** Makes a `dummy` link, one that swallows what is sent to it, switched off; see {@link Rtnetlink.addLink}. */
  addDummy(name: string): void {
    this.addLink({ name, kind: 'dummy' })
  }

  /** Switches a link on; ENODEV when there is none. */
  setLinkUp(key: LinkKey): void {
    this.#kernel.change(RtmType.SETLINK, encodeLinkKey(key, LinkFlag.UP))
  }

  /** Deletes a link with its addresses and routes; false when it was not there. */
  deleteLink(key: LinkKey): boolean {
    return this.#kernel.remove(RtmType.DELLINK, encodeLinkKey(key), ['ENODEV'])
  }

  /** The IPv4 and IPv6 addresses that the filter asks for; none when its link does not exist. */
  addresses(filter: AddressFilter = {}): LinkAddress[] {
    return this.#kernel
      .dump(RtmType.GETADDR, encodeAddressDump(filter), ['ENODEV'])
      .filter(isInternet)
      .map(decodeAddress)
      .filter((address) => selectsAddress(filter, address))
  }

  /** Sets an address; EEXIST when the link has it, ENODEV when there is no such link. */
  addAddress(spec: AddressSpec): void {
    this.#kernel.change(RtmType.NEWADDR, encodeAddress(spec), ADD)
  }

  /** Sets an address, whether the link has it or not; ENODEV when there is no such link. */
  replaceAddress(spec: AddressSpec): void {
    this.#kernel.change(RtmType.NEWADDR, encodeAddress(spec), UPSERT)
  }

  /** Takes an address away; false when it was not there with this prefix length. */
  deleteAddress(spec: AddressSpec): boolean {
    return this.#kernel.remove(RtmType.DELADDR, encodeAddress(spec), ['EADDRNOTAVAIL', 'ENODEV', 'ENXIO'])
  }

  /** The routes of one family that have everything the filter says, of all tables unless it names one. */
  routes(filter: RouteFilter): Route[] {
    // A table nobody has written to does not exist (ENOENT), which is as good as an empty one.
    return this.#kernel
      .dump(RtmType.GETROUTE, encodeRouteDump(filter), ['ENOENT'])
      .filter(isInternet)
      .map(decodeRoute)
      .filter((route) => selectsRoute(filter, route))
  }

  /**
   * Which route and source the kernel would use to an address; undefined when there is no way to it.
   *
   * Its `table` says `main` for a local IPv4 address as long as there are only the usual rules: the kernel then keeps
   * both tables in one tree.
   */
  lookup(address: string): Route | undefined {
    return this.#ask(address, 0)
  }

  /** The entry of a routing table that decides about an address; see {@link Rtnetlink.lookup} for its `table`. */
  match(address: string): Route | undefined {
    return this.#ask(address, RouteFlag.FIB_MATCH)
  }

  /** Makes a route; EEXIST when one of its destination, table and metric is there. */
  addRoute(spec: RouteSpec): void {
    this.#kernel.change(RtmType.NEWROUTE, encodeRoute(spec), ADD)
  }

  /** Makes a route, or overwrites the one of its destination, table and metric. */
  replaceRoute(spec: RouteSpec): void {
    this.#kernel.change(RtmType.NEWROUTE, encodeRoute(spec), UPSERT)
  }

  /** Deletes the first route that has all `spec` says, in table `main` unless it names one; false when there was none. */
  deleteRoute(spec: RouteSpec): boolean {
    // ENOENT: not even its table is there.
    return this.#kernel.remove(RtmType.DELROUTE, encodeRouteKey(spec), ['ESRCH', 'ENOENT'])
  }

  #ask(address: string, flags: number): Route | undefined {
    const to = parseAddress(address)
    // Only IPv4 has to be asked for the table, and IPv6 refuses the question.
    const table = to.family === 'inet' ? RouteFlag.LOOKUP_TABLE : 0
    const payload = this.#kernel.get(RtmType.GETROUTE, encodeRouteLookup(to, flags | table), NO_WAY)
    const route = payload && decodeRoute(payload)
    // Its source is written into a route of the family that was asked for.
    if (route !== undefined && route.family !== to.family)
      throw new DecodeError('route', `family ${to.family}`, route.family)
    return route && DEAD_ENDS.has(route.type) ? undefined : route
  }
}

/** Make it, and fail with EEXIST when it is there. */
const ADD = Flag.CREATE | Flag.EXCL

/** Make it, or overwrite what is there. */
const UPSERT = Flag.CREATE | Flag.REPLACE

/** No route at all, or for IPv4 one of type `unreachable`, `prohibit` (EACCES) or `blackhole` (EINVAL). */
const NO_WAY = ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL']

/** IPv6 answers a lookup with such a route where IPv4 answers with an errno. */
const DEAD_ENDS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw'])

/** False for the other families that answer where all are asked for, such as MCTP; the family stands first in every header. */
function isInternet(payload: Uint8Array): boolean {
  return payload[0] === FamilyNumber.inet || payload[0] === FamilyNumber.inet6
}
