import type { KubernetesVersion } from '../config/version.ts'

/**
 * What is known of a node and of its cluster. Everything may be left out: what is not known is not checked.
 *
 * Who gathers them leaves out what the installer itself has made on the node.
 */
export interface NodeFacts {
  /** The links of the node with their addresses. */
  readonly interfaces?: readonly LinkFacts[] | undefined
  /** The text of /etc/hosts. */
  readonly hosts?: string | undefined
  /** `iptables`, `ipvs` or `nftables`. */
  readonly kubeProxyMode?: string | undefined
  /** kube-proxy's `ipvs.excludeCIDRs`. */
  readonly excludeCidrs?: readonly string[] | undefined
  /** The ranges of pods that the cluster has. */
  readonly podSubnets?: readonly string[] | undefined
  /** The ranges of services that the cluster has. */
  readonly serviceSubnets?: readonly string[] | undefined
  /** The names and addresses in the certificate that an apiserver shows. */
  readonly certificateNames?: readonly string[] | undefined
  /** The HTTP status that an apiserver gives the guard's probe. */
  readonly healthStatus?: number | undefined
  /** Paths of manifests of a control plane that are on the node. */
  readonly controlPlaneFiles?: readonly string[] | undefined
  /** Variables of the environment in which kubeadm is to run. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** The release on the node, where the configuration does not say it. */
  readonly kubernetesVersion?: KubernetesVersion | undefined
  /** The manifests of static pods on the node, except our own. */
  readonly otherManifests?: readonly ManifestFacts[] | undefined
}

/** A link of the node. */
export interface LinkFacts {
  readonly name: string
  /** Without prefix lengths. */
  readonly addresses: readonly string[]
}

/** The manifest of a static pod. */
export interface ManifestFacts {
  readonly path: string
  /** `IP:PORT` of the virtual server it guards; `undefined`: it is not a guard. */
  readonly virtual?: string | undefined
  /** Its `metadata.name`, where it is a pod. */
  readonly podName?: string | undefined
  /** What it refers to in the API, as `apiReferences` tells it. */
  readonly references?: readonly string[] | undefined
}

/** The release that counts: the one of the configuration. */
export function versionOf(
  config: { readonly kubernetesVersion: KubernetesVersion | undefined },
  facts: NodeFacts,
): KubernetesVersion | undefined {
  return config.kubernetesVersion ?? facts.kubernetesVersion
}
