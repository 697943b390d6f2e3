import type { CareConfig, Endpoint } from 'lvscare'
import type { KubernetesVersion } from './version.ts'

/** What a node is to the cluster. `first-control-plane` runs `kubeadm init`; other control planes join it. */
export const ROLES = ['worker', 'first-control-plane', 'control-plane'] as const

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number]

/** How the static pod is built. `sealos`: the known-good manifest, field for field. */
export const PROFILES = ['hardened', 'sealos'] as const

/** One of {@link PROFILES}. */
export type Profile = (typeof PROFILES)[number]

/** How the guard is run: its flags, as its own definitions read them. */
export interface GuardSettings {
  /** The flags besides `--vs`, `--rs` and `--ip` that somebody set, in the order of the guard's help; texts as given. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  /** What `lvscare care` makes of all of them; absent while there is no server to guard. */
  readonly care: CareConfig | undefined
}

/** Everything there is to know about one node and its cluster, checked. */
export interface InstallerConfig {
  /** The virtual IP with the port of the apiserver. */
  readonly virtual: Endpoint
  /** The apiservers, the first control plane first; empty: no rule is set anywhere. */
  readonly servers: readonly Endpoint[]
  readonly role: Role
  /** This node's own address; `undefined`: the guard finds it out. */
  readonly nodeAddress: string | undefined
  /** The name that stands for the control plane, in /etc/hosts and in certificates. */
  readonly endpointName: string
  /** Name of the static pod, of its container, and of the manifest file without `.yaml`. */
  readonly podName: string
  readonly image: string
  /** A file with the image, on the node, to be imported where the image is missing. */
  readonly imageArchive: string | undefined
  readonly profile: Profile
  readonly kubernetesVersion: KubernetesVersion | undefined
  /** Ranges of pods; `undefined`: not known. */
  readonly podSubnets: readonly string[] | undefined
  /** Ranges of services; `undefined`: not known. */
  readonly serviceSubnets: readonly string[] | undefined
  /** More names and addresses for the apiserver's certificate. */
  readonly extraSans: readonly string[]
  /** A control plane gets a rule and a guard too. */
  readonly guardControlPlane: boolean
  /** A unit of systemd sets the rule before kubelet at boot. */
  readonly bootUnit: boolean
  /** What runs the guard on the node itself, such as `['lvscare']`: the boot unit and rules that are set over SSH need it. */
  readonly command: readonly string[]
  /** The authorities of the cluster (PEM text); `undefined`: the chain of the certificate cannot be checked. */
  readonly ca: string | undefined
  readonly guard: GuardSettings
}

/** True for a node that gets a rule, a guard and the virtual IP for its name. */
export function isGuarded({ role, servers, guardControlPlane }: InstallerConfig): boolean {
  return servers.length > 0 && (role === 'worker' || guardControlPlane)
}
