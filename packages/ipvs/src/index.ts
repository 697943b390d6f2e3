/**
 * The kernel's virtual server table: services, destinations, counters, timeouts, connections.
 *
 * @module @lvscare/ipvs
 */

export { Ipvs, type IpvsOptions } from './client.ts'
export {
  type ConnectionEntry,
  connectionColumns,
  type Endpoint,
  parseConnectionLine,
  type ReadConnectionsOptions,
  readConnections,
} from './connections.ts'
export {
  CmdAttr,
  Command,
  ConnFlag,
  DestAttr,
  InfoAttr,
  IpProtocol,
  IpvsGenl,
  NameLimit,
  StatsAttr,
  SvcAttr,
  SvcFlag,
  TunnelFlag,
  TunnelKind,
} from './constants.ts'
export { completeDestination, sameDestination } from './destination-codec.ts'
export {
  IpvsError,
  type IpvsErrorCode,
  type IpvsFailure,
  type IpvsOperation,
  isIpvsError,
} from './errors.ts'
export { completeService, sameService } from './service-codec.ts'
export { formatEndpoint, formatService } from './service-key.ts'
export type {
  AddressKey,
  Destination,
  DestinationEntry,
  DestinationKey,
  ForwardingMethod,
  FwmarkKey,
  IpvsInfo,
  NewDestination,
  NewService,
  OtherMethod,
  OtherProtocol,
  OtherTunnel,
  Service,
  ServiceEntry,
  ServiceFlag,
  ServiceKey,
  ServiceSettings,
  Stats,
  Timeouts,
  TransportProtocol,
  Tunnel,
  TunnelType,
} from './types.ts'
