import type { InstallerConfig } from '../config/config.ts'
import type { KubernetesVersion } from '../config/version.ts'
import { type ClusterValues, certificateSans, clusterValues, type KubeadmOptions } from './cluster-values.ts'
import type {
  ClusterConfiguration,
  InitConfiguration,
  KubeadmDocuments,
  KubeProxyConfiguration,
} from './documents.ts'
import { buildJoinConfiguration, type JoinOptions } from './join.ts'
import { nodeRegistration } from './registration.ts'

/** What the documents say besides the configuration of the installer. */
export interface BuildOptions extends KubeadmOptions {
  /** How this node joins; without it there is no JoinConfiguration. */
  readonly join?: JoinOptions
}

/**
 * The documents of kubeadm for a release, in the newest version of the API that it reads.
 *
 * Throws ConfigError for a release that is not known here, and for a join that cannot work.
 */
export function buildKubeadmConfig(
  config: InstallerConfig,
  version: KubernetesVersion,
  options: BuildOptions = {},
): KubeadmDocuments {
  const values = clusterValues(config, version, options)
  const join = options.join && buildJoinConfiguration(config, version, options.join, options)
  return {
    init: initConfiguration(values),
    cluster: clusterConfiguration(values, certificateSans(config)),
    kubeProxy: kubeProxyConfiguration(values),
    ...(join && { join }),
  }
}

function initConfiguration(values: ClusterValues): InitConfiguration {
  const { firstServer: first, controlPlaneTimeout: timeout } = values
  const registration = nodeRegistration(values.modern, values)
  return {
    apiVersion: `kubeadm.k8s.io/${values.api}`,
    kind: 'InitConfiguration',
    ...(registration && { nodeRegistration: registration }),
    ...(first && { localAPIEndpoint: { advertiseAddress: first.address, bindPort: first.port } }),
    ...(values.modern && timeout && { timeouts: { controlPlaneComponentHealthCheck: timeout } }),
  }
}

function clusterConfiguration(values: ClusterValues, certSANs: readonly string[]): ClusterConfiguration {
  const { controlPlaneTimeout: timeout, certificateValidity: validity } = values
  return {
    apiVersion: `kubeadm.k8s.io/${values.api}`,
    kind: 'ClusterConfiguration',
    kubernetesVersion: values.version,
    controlPlaneEndpoint: values.controlPlaneEndpoint,
    networking: { podSubnet: values.podSubnet, serviceSubnet: values.serviceSubnet },
    apiServer: { certSANs, ...(!values.modern && timeout && { timeoutForControlPlane: timeout }) },
    ...(validity && { certificateValidityPeriod: validity, caCertificateValidityPeriod: validity }),
    ...(values.dualStackGate && { featureGates: { IPv6DualStack: true } }),
  }
}

/** Mode ipvs for every release to 1.36; deprecated since 1.35, but still there. */
function kubeProxyConfiguration({ virtualRange }: ClusterValues): KubeProxyConfiguration {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'ipvs',
    ipvs: { excludeCIDRs: [virtualRange] },
  }
}
