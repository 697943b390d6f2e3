import type { Profile, Role } from './config.ts'

/** A value of one of the guard's flags, as JSON and YAML write it; a list for a flag that may be repeated. */
export type RawFlag = string | number | boolean | readonly (string | number)[]

/** The configuration as plain data, for a file of JSON or YAML; everything may be left out. */
export interface RawConfig {
  /** The virtual IP. @default '10.103.97.2' */
  readonly vip?: string
  /** The port of the apiserver, of the virtual server and of servers without one. @default 6443 */
  readonly port?: number
  /** The apiservers, `IP` or `IP:PORT`, the first control plane first. @default [] */
  readonly servers?: readonly string[]
  /** @default 'worker' */
  readonly role?: Role
  /** This node's own address. @default found out by the guard */
  readonly nodeAddress?: string
  /** The name that stands for the control plane. @default 'apiserver.cluster.local' */
  readonly endpointName?: string
  /** Name of the static pod. @default 'kube-sealyun-lvscare' */
  readonly podName?: string
  /** @default the image of this release; in the profile `sealos` the one of its known-good manifest */
  readonly image?: string
  /** A file on the node with the image. @default none */
  readonly imageArchive?: string
  /** @default 'hardened' */
  readonly profile?: Profile
  /** Such as `v1.31.4`. @default not known */
  readonly kubernetesVersion?: string
  /** Ranges of pods, with a comma between the two of a dual-stack cluster. @default not known */
  readonly podSubnet?: string
  /** Ranges of services, written in the same way. @default not known */
  readonly serviceSubnet?: string
  /** More names and addresses for the apiserver's certificate. @default [] */
  readonly sans?: readonly string[]
  /** @default false */
  readonly guardControlPlane?: boolean
  /** @default false */
  readonly bootUnit?: boolean
  /** What runs the guard on the node itself. @default ['lvscare'] */
  readonly command?: readonly string[]
  /** The authorities of the cluster, PEM text. @default not known */
  readonly ca?: string
  /** Flags of `lvscare care` by their names without dashes, besides those that follow from the rest. */
  readonly guard?: Readonly<Record<string, RawFlag>>
}

/** Every key of {@link RawConfig}; the compiler sees to it that none is forgotten. */
const KEYS: Readonly<Record<keyof RawConfig, true>> = {
  vip: true,
  port: true,
  servers: true,
  role: true,
  nodeAddress: true,
  endpointName: true,
  podName: true,
  image: true,
  imageArchive: true,
  profile: true,
  kubernetesVersion: true,
  podSubnet: true,
  serviceSubnet: true,
  sans: true,
  guardControlPlane: true,
  bootUnit: true,
  command: true,
  ca: true,
  guard: true,
}

/** The keys of {@link RawConfig}, in the order in which they are documented. */
export const RAW_KEYS: readonly string[] = Object.keys(KEYS)
