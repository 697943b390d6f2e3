import type { InstallerConfig } from '../config/config.ts'
import { atLeast, type KubernetesVersion } from '../config/version.ts'
import { ConfigError } from '../errors.ts'
import { chooseApiVersion, type KubeadmApiVersion } from './api-version.ts'
import { CERTIFICATE_VALIDITY } from './ca.ts'

/** Range of pods unless the configuration has one. */
export const DEFAULT_POD_SUBNET = '100.64.0.0/10'

/** Range of services unless the configuration has one; the default virtual IP is outside of it, unlike kubeadm's own. */
export const DEFAULT_SERVICE_SUBNET = '10.96.0.0/22'

/** What the documents say besides the configuration of the installer. */
export interface KubeadmOptions {
  /** An older version of the API that the release still reads. @default the newest */
  readonly apiVersion?: KubeadmApiVersion
  /** Socket of the container runtime, such as `unix:///run/containerd/containerd.sock`. @default kubeadm looks for it */
  readonly criSocket?: string
  /** How long kubeadm waits for the components of a control plane, in milliseconds. @default kubeadm's own, four minutes */
  readonly controlPlaneTimeoutMs?: number
}

/** Everything that is written into the documents of `kubeadm init`; {@link buildKubeadmConfig} and the template share it. */
export interface ClusterValues {
  readonly api: KubeadmApiVersion
  /** v1beta4 or newer: arguments are lists, limits of time are in one place, certificates have a validity. */
  readonly modern: boolean
  readonly version: string
  readonly controlPlaneEndpoint: string
  readonly podSubnet: string
  readonly serviceSubnet: string
  /** Addresses of the servers, without ports, each once. */
  readonly masters: readonly string[]
  /** Names that are wanted besides those that always are. */
  readonly extraSans: readonly string[]
  /** The virtual IP as a range of one address. */
  readonly virtualRange: string
  /** Where the first apiserver listens; `undefined`: kubeadm finds out. */
  readonly firstServer: { readonly address: string; readonly port: number } | undefined
  /** Address of the first control plane as kubelet gives it to the cluster; `undefined`: kubelet finds out. */
  readonly nodeAddress: string | undefined
  readonly criSocket: string | undefined
  /** As Go writes it. */
  readonly controlPlaneTimeout: string | undefined
  readonly certificateValidity: string | undefined
  /** Two ranges need a gate of this name in some releases. */
  readonly dualStackGate: boolean
}

/** Collects the values; throws ConfigError for a release, or a wish, that kubeadm does not know. */
export function clusterValues(
  config: InstallerConfig,
  version: KubernetesVersion,
  options: KubeadmOptions = {},
): ClusterValues {
  const api = chooseApiVersion(version, options.apiVersion)
  const modern = api === 'v1beta4'
  const timeout = options.controlPlaneTimeoutMs
  return {
    api,
    modern,
    version: version.text,
    controlPlaneEndpoint: `${config.endpointName}:${config.virtual.port}`,
    ...ranges(config),
    ...names(config),
    ...firstNode(config),
    virtualRange: `${config.virtual.address}/${config.virtual.family === 'inet6' ? 128 : 32}`,
    criSocket: options.criSocket,
    controlPlaneTimeout: timeout === undefined ? undefined : goDuration(timeout),
    certificateValidity: modern ? CERTIFICATE_VALIDITY : undefined,
    dualStackGate: needsDualStackGate(config, version),
  }
}

/** Names of the apiserver's certificate, each once: extras, this machine, the name, every server, the virtual IP. */
export function certificateSans(config: InstallerConfig): string[] {
  return [...names(config).extraSans, ...fixedSans(config)]
}

/** Milliseconds as Go writes durations. */
export function goDuration(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`
}

function names(config: InstallerConfig): Pick<ClusterValues, 'masters' | 'extraSans'> {
  const fixed = new Set(fixedSans(config))
  return {
    masters: [...new Set(config.servers.map(({ address }) => address))],
    extraSans: [...new Set(config.extraSans)].filter((name) => !fixed.has(name)),
  }
}

function fixedSans({ endpointName, servers, virtual }: InstallerConfig): string[] {
  return [...new Set(['127.0.0.1', endpointName, ...servers.map(({ address }) => address), virtual.address])]
}

/** The apiserver advertises the address that guards look for; the configuration of another node tells nothing of its kubelet. */
function firstNode(config: InstallerConfig): Pick<ClusterValues, 'firstServer' | 'nodeAddress'> {
  const first = config.servers[0]
  const nodeAddress = config.role === 'first-control-plane' ? config.nodeAddress : undefined
  if (first !== undefined) return { firstServer: first, nodeAddress }
  const own = nodeAddress === undefined ? undefined : { address: nodeAddress, port: config.virtual.port }
  return { firstServer: own, nodeAddress }
}

/** An apiserver with an address of IPv6 does not start with services of IPv4 alone, and there is no range that everybody takes. */
function ranges(config: InstallerConfig): Pick<ClusterValues, 'podSubnet' | 'serviceSubnet'> {
  const { podSubnets, serviceSubnets, virtual } = config
  const given = { podSubnet: podSubnets?.join(','), serviceSubnet: serviceSubnets?.join(',') }
  const missing = Object.entries(given).filter(([, range]) => range === undefined)
  if (virtual.family === 'inet6' && missing.length > 0) {
    const rule = `is needed: the default is a range of IPv4, and ${virtual.address} is of IPv6`
    throw new ConfigError(missing.map(([path]) => ({ path, value: undefined, rule })))
  }
  const { podSubnet = DEFAULT_POD_SUBNET, serviceSubnet = DEFAULT_SERVICE_SUBNET } = given
  return { podSubnet, serviceSubnet }
}

/** Two ranges: not before 1.16, with the gate IPv6DualStack until 1.20, and by themselves since 1.21. */
function needsDualStackGate(config: InstallerConfig, version: KubernetesVersion): boolean {
  const fields = ['podSubnets', 'serviceSubnets'] as const
  const dual = fields.filter((field) => (config[field]?.length ?? 0) > 1)
  if (dual.length === 0 || atLeast(version, 21)) return false
  if (atLeast(version, 16)) return true
  const rule = `must be one range: ${version.text} has no dual stack, v1.16 is the first release that has`
  throw new ConfigError(
    dual.map((field) => ({ path: field.slice(0, -1), value: config[field]?.join(','), rule })),
  )
}
