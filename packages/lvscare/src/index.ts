/**
 * The guard and its parts: configuration, probes, health, pieces of the path, passes, status.
 *
 * @module lvscare
 */

export { type Arguments, parseArguments, unknownCommandText } from './arguments.ts'
export { runCare } from './care.ts'
export { type CliHost, ExitCode, main } from './cli.ts'
export {
  type CareConfig,
  careConfig,
  type DoctorConfig,
  doctorConfig,
  type LogFormat,
  type LogLevel,
  type Mode,
  type RuleConfig,
} from './config.ts'
export type { FailoverConfig } from './config-failover.ts'
export { type HealthConfig, healthConfig } from './config-health.ts'
export { holds } from './doctor/checks/range.ts'
export { shellWord } from './doctor/commands.ts'
export { parseDuration } from './duration.ts'
export { type Endpoint, endpoint, endpointText, parseEndpoint, parsePort } from './endpoint.ts'
export {
  codeOf,
  DeviceTakenError,
  IncompleteError,
  LvscareError,
  type LvscareErrorCode,
  messageOf,
  NodeAddressError,
  NoGuardError,
  SettingError,
  type UsageDetails,
  UsageError,
  VipTakenError,
} from './errors.ts'
export { type Environment, FlagValues, parseSwitch, variableOf } from './flag-values.ts'
export {
  ALL_DOWN,
  CARE_FLAGS,
  COMMANDS,
  type CommandName,
  DEFAULT_METRICS_ADDRESS,
  type Flag,
  LOG_FORMATS,
  LOG_LEVELS,
  LOGGER_LEVELS,
  MODES,
  SCHEDULERS,
  WEIGHTED_SCHEDULERS,
} from './flags.ts'
export { Fleet, type FleetOptions, type Weights } from './health/fleet.ts'
export type { Change, Standing } from './health/member.ts'
export { RuleWeights, type RuleWeightsOptions } from './health/rule-weights.ts'
export {
  clear,
  judge,
  needsConfirmation,
  type ServerHealth,
  STATES,
  type State,
  suspect,
  type Thresholds,
  UNKNOWN,
} from './health/server-health.ts'
export { type Rhythm, togetherMs } from './health/together.ts'
export { type DeadReason, type Verdict, verdictOfStatus } from './health/verdict.ts'
export { type CommandHelp, type ProgramHelp, programHelp } from './help.ts'
export { type Failure, inspect, isEssential, type Pass, runPass, undoAll } from './pass.ts'
export { DevicePiece, type LinkTable } from './path/device.ts'
export { GatewayRoutePiece, gatewayRoute } from './path/gateway-route.ts'
export { type FirewallTables, MasqueradePiece } from './path/masquerade.ts'
export { masqueradeTable } from './path/masquerade-rule.ts'
export { kernelModules, type Modules, ModulesPiece, VS_SETTINGS } from './path/modules.ts'
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
export { type Setting, SettingFile } from './path/setting-file.ts'
export { PIECES, type Piece, type PieceName, type Step, type StepKind } from './path/step.ts'
export { SysctlsPiece, type WantedSetting, wantedSettings } from './path/sysctls.ts'
export { plain } from './plain.ts'
export { type CertificateInfo, certificateInfo } from './probe/certificate.ts'
export { type ProbeOptions, type ProbeRequest, Prober } from './probe/prober.ts'
export type { SentinelView, Suspicion, SuspicionReason } from './probe/suspicion.ts'
export { type WatchOptions, watchServer } from './probe/watch.ts'
export { publicFlags, publicValue, SECRET_FLAGS } from './public-flags.ts'
export { cleanRule, requireComplete, setRule } from './rule-once.ts'
export { parseReport } from './status/parse.ts'
export { ruleStatus } from './status/rule-status.ts'
export type { GuardReport, PieceReport, ServerReport, StatusReport } from './status/shape.ts'
export { statusText } from './status/table.ts'
export { type Clock, jittered, monotonic, type Sleep, sleep, withDeadline } from './time.ts'
export { VERSION, versionText } from './version.ts'
