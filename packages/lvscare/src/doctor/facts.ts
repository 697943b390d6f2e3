import type { DestinationEntry, IpvsInfo, ServiceEntry } from '@lvscare/ipvs'
import type { Link, Route } from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'
import type { Verdict } from '../health/verdict.ts'
import type { CertificateInfo } from '../probe/certificate.ts'
import type { StatusReport } from '../status/shape.ts'

/** Something the doctor looked for: what it saw, or why it could see nothing. */
export type Seen<T> =
  | { readonly seen: true; readonly value: T }
  | {
      readonly seen: false
      readonly why: string
      /** Of the error, where there is one. */
      readonly code: string | undefined
    }

/** Something that was seen. */
export function saw<T>(value: T): Seen<T> {
  return { seen: true, value }
}

/** Something that could not be seen. */
export function unseen(why: string, code?: string): { seen: false; why: string; code: string | undefined } {
  return { seen: false, why, code }
}

/** Everything the doctor looked at. What it makes of it is a matter of `checks`. */
export interface Facts {
  /** Unix time in milliseconds: certificates end by that clock. */
  readonly nowMs: number
  readonly kernel: KernelFacts
  readonly network: Seen<NetworkFacts>
  /** What the guard would take for this node's address. */
  readonly nodeAddress: Seen<string>
  /** `undefined`: the kernel has no such virtual service. */
  readonly rule: Seen<RuleFacts | undefined>
  /** The steps of masquerading that are still to be done; `undefined` where nobody asks for it. */
  readonly masquerade: Seen<readonly string[]> | undefined
  /** Every server, asked directly. */
  readonly servers: readonly ServerFacts[]
  /** Connections through the virtual IP. */
  readonly through: readonly Contact[]
  readonly cluster: ClusterFacts
  readonly guard: GuardFacts
}

/** The kernel and its settings. */
export interface KernelFacts {
  /** As `uname -r` prints it. */
  readonly release: string
  readonly ipvs: Seen<IpvsInfo>
  /** Modules that are needed beside ip_vs, by name. */
  readonly modules: ReadonlyMap<string, Seen<ModuleState>>
  /** Settings by their names for sysctl(8); `undefined` where this kernel has none of that name. */
  readonly settings: ReadonlyMap<string, Seen<string | undefined>>
}

/** `built-in` counts as loaded; `available`: the kernel can load it from the disk. */
export type ModuleState = 'loaded' | 'available' | 'absent'

/** Links, addresses and the way to the virtual IP. */
export interface NetworkFacts {
  readonly links: readonly Link[]
  readonly addresses: readonly NodeAddress[]
  /** The entry of a routing table that decides about the virtual IP. */
  readonly entry: Route | undefined
}

/** An address of this node. */
export interface NodeAddress {
  readonly address: string
  readonly prefixLength: number
  /** Name of the link it is on. */
  readonly link: string
}

/** The virtual service and its members. */
export interface RuleFacts {
  readonly service: ServiceEntry
  readonly members: readonly DestinationEntry[]
}

/** What one connection through the virtual IP came to. */
export interface Contact {
  readonly verdict: Verdict
  /** `undefined` where none was shown. */
  readonly certificate: CertificateInfo | undefined
}

/** A server, asked directly as the guard asks it. */
export interface ServerFacts {
  readonly server: Endpoint
  readonly verdict: Verdict
  /** `undefined` where no certificate is expected: plain HTTP. */
  readonly certificate: Seen<ShownCertificate> | undefined
}

/** What a server showed when it was asked directly. */
export interface ShownCertificate extends CertificateInfo {
  readonly beginsMs: number
  /** Of the addresses that matter those for which it is valid. */
  readonly covers: readonly string[]
  /** Why the authorities of `--health-ca` do not vouch for it; `undefined` when they do, or nobody asks. */
  readonly distrust: string | undefined
}

/** Kubernetes on this node, as far as it shows. */
export interface ClusterFacts {
  readonly processes: Seen<readonly Process[]>
  /** What kube-proxy answers when it is asked for its mode. */
  readonly proxyMode: Seen<string>
  /** The text of kube-proxy's configuration. */
  readonly proxyConfig: Seen<string>
  /** The text of the apiserver's static-pod manifest. */
  readonly manifest: Seen<string>
}

/** A process that can be seen from here. */
export interface Process {
  readonly pid: number
  /** Its command line. */
  readonly argv: readonly string[]
}

/** Guards of this network namespace. */
export interface GuardFacts {
  /** What the guard of this virtual server tells; `undefined` when there is none. */
  readonly report: Seen<StatusReport | undefined>
  /** The virtual servers that are guarded here. */
  readonly guarded: Seen<readonly string[]>
}
