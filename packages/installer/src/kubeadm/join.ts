import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { atLeast, type KubernetesVersion } from '../config/version.ts'
import { ConfigError } from '../errors.ts'
import { chooseApiVersion, type KubeadmApiVersion } from './api-version.ts'
import { goDuration, type KubeadmOptions } from './cluster-values.ts'
import type { ApiEndpoint, JoinConfiguration, Timeouts } from './documents.ts'
import { joinProblems } from './join-problems.ts'
import { nodeRegistration } from './registration.ts'

/** What a cluster hands out to a node that is to join it. */
export interface JoinOptions {
  /** Bootstrap token, `abcdef.0123456789abcdef`. */
  readonly token: string
  /** Pins of the cluster's authorities, `sha256:` and 64 hex digits; one at least. */
  readonly caCertHashes: readonly string[]
  /** Key of the uploaded certificates, 64 hex digits; for control planes only. */
  readonly certificateKey?: string
  /** Where to join, ADDRESS:PORT. @default the virtual server for a worker, the first server for a control plane */
  readonly endpoint?: string
  /** How long kubeadm looks for the cluster, in milliseconds. @default kubeadm's own, five minutes */
  readonly discoveryTimeoutMs?: number
}

/** Name of kubeadm's check that refuses a folder of manifests with something in it, until 1.22. */
const MANIFESTS_CHECK = 'DirAvailable--etc-kubernetes-manifests'

/** Where a node joins: a worker through the virtual server, a control plane through the first server; `undefined` without servers. */
export function joinEndpoint(config: InstallerConfig): string | undefined {
  if (config.servers.length === 0) return undefined
  return config.role === 'worker' ? config.virtual.text : config.servers[0]?.text
}

/** The checks of kubeadm that a node of ours fails on purpose: below 1.23 the manifest of the guard may not be there before the join. */
export function preflightIgnores(config: InstallerConfig, version: KubernetesVersion): readonly string[] {
  return isGuarded(config) && !atLeast(version, 23) ? [MANIFESTS_CHECK] : []
}

/** The document of `kubeadm join`; throws ConfigError with everything that is wrong, without showing a secret. */
export function buildJoinConfiguration(
  config: InstallerConfig,
  version: KubernetesVersion,
  join: JoinOptions,
  options: KubeadmOptions = {},
): JoinConfiguration {
  const api = chooseApiVersion(version, options.apiVersion)
  const endpoint = join.endpoint ?? joinEndpoint(config)
  const problems = joinProblems(config, version, api, join, endpoint)
  if (problems.length > 0 || endpoint === undefined) throw new ConfigError(problems)
  return {
    apiVersion: `kubeadm.k8s.io/${api}`,
    kind: 'JoinConfiguration',
    ...registration(config, version, api, options.criSocket),
    discovery: discovery(api, join, endpoint),
    ...(config.role !== 'worker' && { controlPlane: controlPlane(config, api, join.certificateKey) }),
    ...timeouts(config, api, join, options),
  }
}

/** What v1beta1 has no fields for, as arguments of `kubeadm join --config FILE`; empty from 1.15 on. */
export function joinArguments(
  config: InstallerConfig,
  version: KubernetesVersion,
  join: JoinOptions,
  options: KubeadmOptions = {},
): string[] {
  if (chooseApiVersion(version, options.apiVersion) !== 'v1beta1') return []
  const ignores = preflightIgnores(config, version)
  const key = join.certificateKey
  return [
    ...(key === undefined ? [] : ['--certificate-key', key]),
    ...(ignores.length === 0 ? [] : [`--ignore-preflight-errors=${ignores.join(',')}`]),
  ]
}

function registration(
  config: InstallerConfig,
  version: KubernetesVersion,
  api: KubeadmApiVersion,
  criSocket: string | undefined,
): Pick<JoinConfiguration, 'nodeRegistration'> {
  const ignores = api === 'v1beta1' ? [] : preflightIgnores(config, version)
  const wanted = { criSocket, nodeAddress: config.nodeAddress, ignores }
  const value = nodeRegistration(api === 'v1beta4', wanted)
  return value === undefined ? {} : { nodeRegistration: value }
}

function discovery(
  api: KubeadmApiVersion,
  { token, caCertHashes, discoveryTimeoutMs: limit }: JoinOptions,
  apiServerEndpoint: string,
): JoinConfiguration['discovery'] {
  return {
    bootstrapToken: { token, apiServerEndpoint, caCertHashes },
    ...(limit !== undefined && api !== 'v1beta4' && { timeout: goDuration(limit) }),
  }
}

/** Below v1beta4 the limit for control planes stands in the ClusterConfiguration, which the cluster keeps. */
function timeouts(
  { role }: InstallerConfig,
  api: KubeadmApiVersion,
  { discoveryTimeoutMs: limit }: JoinOptions,
  { controlPlaneTimeoutMs: health }: KubeadmOptions,
): { readonly timeouts?: Timeouts } {
  if (api !== 'v1beta4') return {}
  const value: Timeouts = {
    ...(health !== undefined &&
      role !== 'worker' && { controlPlaneComponentHealthCheck: goDuration(health) }),
    ...(limit !== undefined && { discovery: goDuration(limit) }),
  }
  return Object.keys(value).length === 0 ? {} : { timeouts: value }
}

/** Where the apiserver of a control plane listens: where the others look for it, else where the first one does. */
export function ownPort({ nodeAddress, servers, virtual }: InstallerConfig): number {
  const own = servers.find(({ address }) => address === nodeAddress)
  return (own ?? servers[0] ?? virtual).port
}

/** Without an address kubeadm takes the one of the default route. */
function controlPlane(
  config: InstallerConfig,
  api: KubeadmApiVersion,
  certificateKey: string | undefined,
): NonNullable<JoinConfiguration['controlPlane']> {
  const { nodeAddress } = config
  const bindPort = ownPort(config)
  const local: ApiEndpoint | undefined =
    nodeAddress === undefined ? undefined : { advertiseAddress: nodeAddress, bindPort }
  return {
    ...(local && { localAPIEndpoint: local }),
    ...(certificateKey !== undefined && api !== 'v1beta1' && { certificateKey }),
  }
}
