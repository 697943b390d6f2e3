export {
  type AddressFilter,
  type AddressSpec,
  decodeAddress,
  encodeAddress,
  encodeAddressDump,
  type LinkAddress,
} from './address.ts'
export { Rtnetlink } from './client.ts'
export {
  AddressFlag,
  IFNAMSIZ,
  IfaAttr,
  IflaAttr,
  IflaInfoAttr,
  LinkFilter,
  LinkFlag,
  RouteFlag,
  RouteGroup,
  RouteProtocol,
  RouteScopeNumber,
  RouteTable,
  RouteTypeNumber,
  RtAttr,
  RtmType,
  RtSize,
} from './constants.ts'
export { RouteEvents, type RouteEventsOptions } from './events.ts'
export type { RtnetlinkOptions } from './exchange.ts'
export {
  decodeLink,
  encodeLinkDump,
  encodeLinkKey,
  encodeNewLink,
  type Link,
  type LinkKey,
  type NewLink,
} from './link.ts'
export { formatPrefix, type Prefix, parsePrefix } from './prefix.ts'
export {
  encodeRoute,
  encodeRouteDump,
  encodeRouteKey,
  encodeRouteLookup,
  type Route,
  type RouteFilter,
  type RouteSpec,
} from './route.ts'
export { decodeRoute } from './route-decoder.ts'
export type { RouteScope, RouteType } from './words.ts'
