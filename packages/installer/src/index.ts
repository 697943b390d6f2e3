/**
 * Sets a node up before `kubeadm join` and takes it back: documents as pure functions, plans over one interface.
 *
 * @module @lvscare/installer
 */

export {
  type ClusterNode,
  type Inventory,
  nodeConfig,
  nodeConfigs,
  serversOf,
} from './cluster/inventory.ts'
export {
  type ClusterPlan,
  type NodePlan,
  type PlanClusterOptions,
  planCluster,
} from './cluster/plan-cluster.ts'
export { type ApplyClusterOptions, applyCluster, type ClusterResult, type NodeReport } from './cluster/run.ts'
export { addMaster, removeMaster, type UpdateClusterOptions, updateCluster } from './cluster/update.ts'
export {
  type GuardParts,
  guardArguments,
  guardFlags,
  readArguments,
  sealosArguments,
} from './config/arguments.ts'
export {
  type GuardSettings,
  type InstallerConfig,
  isGuarded,
  PROFILES,
  type Profile,
  ROLES,
  type Role,
} from './config/config.ts'
export { GUARD_FLAGS } from './config/guard-flags.ts'
export { DEFAULTS, parseConfig } from './config/parse.ts'
export type { RawConfig, RawFlag } from './config/raw.ts'
export { rawConfig } from './config/raw-config.ts'
export { atLeast, type KubernetesVersion, parseVersion } from './config/version.ts'
export {
  CheckError,
  CommandError,
  ConfigError,
  DocumentError,
  HostError,
  InstallerError,
  type InstallerErrorCode,
  InstallerUsageError,
  type Problem,
  problemText,
  RefusedError,
  TemplateError,
} from './errors.ts'
export { type Contact, type ContactCertificate, type ContactOptions, contact } from './host/contact.ts'
export { type DiscoveryOptions, discoverCa, publicKeyPin } from './host/discovery.ts'
export type { ExecOptions, ExecResult, FileStat, NodeHost, RuleControl } from './host/host.ts'
export { type LocalHostOptions, localHost } from './host/local.ts'
export type { HostKeyRule, SshOptions } from './host/ssh/options.ts'
export { sshHost } from './host/ssh.ts'
export { BLOCK_BEGIN, BLOCK_END, type HostsLine, hostsBytes, hostsText } from './hosts/block.ts'
export { buildHosts, type HostsPhase } from './hosts/build.ts'
export { type DamagedMarker, type ForeignHostsLine, type HostsReading, readHosts } from './hosts/read.ts'
export {
  KUBEADM_API_VERSIONS,
  type KubeadmApiVersion,
  kubeadmApiVersion,
  kubeadmApiVersions,
} from './kubeadm/api-version.ts'
export { type BuildOptions, buildKubeadmConfig } from './kubeadm/build.ts'
export { CERTIFICATE_VALIDITY, caCommands } from './kubeadm/ca.ts'
export { clusterFindings } from './kubeadm/cluster-findings.ts'
export type { KubeadmOptions } from './kubeadm/cluster-values.ts'
export {
  type ClusterConfiguration,
  type InitConfiguration,
  type JoinConfiguration,
  type KubeadmDocuments,
  type KubeProxyConfiguration,
  kubeadmYaml,
} from './kubeadm/documents.ts'
export {
  buildJoinConfiguration,
  type JoinOptions,
  joinArguments,
  joinEndpoint,
  preflightIgnores,
} from './kubeadm/join.ts'
export { mergeKubeadmConfig } from './kubeadm/merge.ts'
export type { MergeNote } from './kubeadm/merge-context.ts'
export { renderTemplate, type TemplateValue, type TemplateValues } from './kubeadm/render.ts'
export { template, templateValues } from './kubeadm/template.ts'
export { toCloudInit } from './node/cloud-init.ts'
export { type ClusterApiFields, type ClusterApiFile, toClusterApi } from './node/cluster-api.ts'
export { buildNodeCommands, type CommandOptions } from './node/commands.ts'
export { buildNodeFiles, type NodeFile } from './node/files.ts'
export { HOSTS_FILE, MANIFESTS, manifestPath, RECORD_FILE } from './node/paths.ts'
export { apply, type PersistentPlan } from './plan/apply.ts'
export { type JoinResult, join } from './plan/join.ts'
export type { NodeJoinOptions } from './plan/join-command.ts'
export { type NodeState, observe } from './plan/observe/observe.ts'
export type { PlanOptions } from './plan/options.ts'
export { plan } from './plan/plan.ts'
export { type FileStatus, type NodeStatus, status } from './plan/status.ts'
export {
  type ApplyEvent,
  type ApplyOptions,
  type ApplyResult,
  type Plan,
  type PlanStep,
  STEP_KINDS,
  type StepFailure,
  type StepInfo,
  type StepKind,
} from './plan/step.ts'
export { planUninstall, type UninstallOptions, uninstall } from './plan/uninstall.ts'
export { planUpdate, type UpdateOptions, updateServers } from './plan/update.ts'
export { type VerifyOptions, verify } from './plan/verify.ts'
export { readStaticPod, type StaticPodReading } from './pod/read.ts'
export { buildStaticPod } from './pod/static-pod.ts'
export type { AnyPod, HostPathVolume, V1Pod } from './pod/types.ts'
export { toYaml } from './pod/yaml.ts'
export { FINDING_SEVERITIES, type FindingSeverity, type InstallerFinding } from './validate/finding.ts'
export {
  apiReferences,
  type FindingKind,
  type FindingKinds,
  type LinkFacts,
  type ManifestFacts,
  type NodeFacts,
  VALIDATION_KINDS,
  validate,
} from './validate/validate.ts'
