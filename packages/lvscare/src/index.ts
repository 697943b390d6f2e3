export { runCare } from './care.ts'
export { type CliHost, ExitCode, main } from './cli.ts'
export { type CareConfig, careConfig, type HealthConfig, type LogLevel, type Mode } from './config.ts'
export { parseDuration } from './duration.ts'
export { type Endpoint, endpoint, endpointText, parseEndpoint, parsePort } from './endpoint.ts'
export {
  codeOf,
  IncompleteError,
  LvscareError,
  type LvscareErrorCode,
  messageOf,
  NodeAddressError,
  UsageError,
  VipTakenError,
} from './errors.ts'
export { FlagValues } from './flag-values.ts'
export {
  CARE_FLAGS,
  COMMANDS,
  type CommandName,
  DEFAULT_METRICS_ADDRESS,
  type Flag,
  LOG_LEVELS,
  MODES,
  SCHEDULERS,
} from './flags.ts'
export { type Change, Fleet, type FleetOptions, type Weights } from './health/fleet.ts'
export {
  judge,
  needsConfirmation,
  type ServerHealth,
  STATES,
  type State,
  type Thresholds,
  UNKNOWN,
} from './health/server-health.ts'
export { type DeadReason, type Verdict, verdictOfStatus } from './health/verdict.ts'
export { type Failure, type Pass, runPass, undoAll } from './pass.ts'
export {
  addressesOf,
  configuredNodeAddress,
  kernelNodeAddress,
  NODE_NAME,
  type NodeAddressSources,
} from './path/node-address.ts'
export { localRoute, ROUTE_PROTOCOL, RoutePiece, type RouteTable } from './path/route.ts'
export {
  type DestinationTable,
  type MemberChange,
  planMembers,
  ServersPiece,
  type Wanted,
} from './path/servers.ts'
export { ServicePiece, type ServiceTable, serviceKey } from './path/service.ts'
export { PIECES, type Piece, type PieceName, type Step, type StepKind } from './path/step.ts'
export { type ProbeOptions, type ProbeRequest, Prober } from './probe/prober.ts'
export { type WatchOptions, watchServer } from './probe/watch.ts'
export { type Clock, jittered, monotonic, type Sleep, sleep, withDeadline } from './time.ts'
export { VERSION } from './version.ts'
