import type { InstallerConfig } from '../config/config.ts'
import { atLeast, parseVersion } from '../config/version.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { joinEndpoint, ownPort, preflightIgnores } from '../kubeadm/join.ts'
import { joinProblems } from '../kubeadm/join-problems.ts'
import type { PlanOptions } from './options.ts'
import type { ApplyOptions } from './step.ts'

/** How a node joins its cluster, and what the cluster hands out for that. */
export interface NodeJoinOptions
  extends Omit<PlanOptions, 'phase'>,
    Pick<ApplyOptions, 'signal' | 'onEvent'> {
  /** Bootstrap token, `abcdef.0123456789abcdef`. */
  readonly token: string
  /** Pins of the cluster's authorities, `sha256:` and 64 hex digits; one at least. */
  readonly caCertHashes: readonly string[]
  /** Key of the uploaded certificates; for control planes. */
  readonly certificateKey?: string
  /** Where to join, ADDRESS:PORT. @default the virtual server for a worker, the first server for a control plane */
  readonly endpoint?: string
  /** What runs kubeadm on the node. @default ['kubeadm'] */
  readonly kubeadm?: readonly string[]
  /** More flags of `kubeadm join`. */
  readonly extraArgs?: readonly string[]
  /** Gets what kubeadm prints, as it comes. */
  readonly onOutput?: (text: string) => void
}

/** Where an apiserver listens unless kubeadm is told otherwise. */
const KUBEADM_PORT = 6443

/** Everything that is wrong with a join, by {@link joinProblems}; for a release that nobody named, what the newest ones take. */
export function joinProblemsOf(config: InstallerConfig, options: NodeJoinOptions): readonly Problem[] {
  const version = config.kubernetesVersion ?? parseVersion('v1.31.0')
  return joinProblems(config, version, 'v1beta4', options, options.endpoint ?? joinEndpoint(config))
}

/** The words of `kubeadm join` for a node; throws {@link ConfigError} where it is not known where to join. */
export function joinCommand(config: InstallerConfig, options: NodeJoinOptions): readonly string[] {
  const { token, caCertHashes, certificateKey, kubeadm = ['kubeadm'], extraArgs = [] } = options
  const version = config.kubernetesVersion
  const ignores = version === undefined ? [] : preflightIgnores(config, version)
  return [
    ...kubeadm,
    'join',
    endpointOf(config, options),
    '--token',
    token,
    ...caCertHashes.flatMap((hash) => ['--discovery-token-ca-cert-hash', hash]),
    ...controlPlaneWords(config),
    ...(certificateKey === undefined ? [] : ['--certificate-key', certificateKey]),
    ...(ignores.length === 0 ? [] : [`--ignore-preflight-errors=${ignores.join(',')}`]),
    ...extraArgs,
  ]
}

/** The address that is in the rules of all nodes, for kubeadm would take the one of the default route. */
function controlPlaneWords(config: InstallerConfig): readonly string[] {
  if (config.role === 'worker') return []
  const { nodeAddress, kubernetesVersion: version } = config
  const port = ownPort(config)
  return [
    ...(nodeAddress === undefined ? [] : ['--apiserver-advertise-address', nodeAddress]),
    ...(port === KUBEADM_PORT ? [] : ['--apiserver-bind-port', String(port)]),
    version === undefined || atLeast(version, 15) ? '--control-plane' : '--experimental-control-plane',
  ]
}

function endpointOf(config: InstallerConfig, { endpoint = joinEndpoint(config) }: NodeJoinOptions): string {
  if (endpoint !== undefined) return endpoint
  const rule = 'must have a server, or the join must have an endpoint'
  throw new ConfigError([{ path: 'servers', value: [], rule }])
}
