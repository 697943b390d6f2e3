import type { AddressFamily } from '@lvscare/netlink'

/** Transport protocols that have a name here. */
export type TransportProtocol = 'tcp' | 'udp' | 'sctp'

/**
 * Any other protocol number, such as `ip-50`.
 *
 * The kernel stores whatever number a service is added with, so a table may hold such services of others. What is read
 * can be written again by that name, but the transport protocols above are what IPVS balances.
 */
export type OtherProtocol = `ip-${number}`

/** A service that is named by protocol, address and port. */
export interface AddressKey {
  readonly protocol: TransportProtocol | OtherProtocol
  /** IPv4 or IPv6 as text; the address family of the service follows from it. */
  readonly address: string
  /** 0 to 65535; 0 means every port and needs the flag `persistent`. */
  readonly port: number
}

/** A service that is named by the firewall mark of its packets. */
export interface FwmarkKey {
  /** 1 to 2^32-1. */
  readonly fwmark: number
  readonly family: AddressFamily
}

/** What names a virtual service in the kernel; it cannot be changed, only deleted and added anew. */
export type ServiceKey = AddressKey | FwmarkKey

/** Flags of a virtual service; `sched1` to `sched3` mean what its scheduler says, such as sh-fallback and sh-port. */
export type ServiceFlag = 'persistent' | 'onepacket' | 'sched1' | 'sched2' | 'sched3'

/** What can be changed about a virtual service in place. */
export interface ServiceSettings {
  /** Scheduler without its `ip_vs_` prefix, such as `rr` or `wlc`; `none` schedules nothing. */
  readonly scheduler: string
  /** In the order of {@link ServiceFlag}. */
  readonly flags: readonly ServiceFlag[]
  /** Seconds for which a client stays with its destination; only meaningful with the flag `persistent`. */
  readonly persistenceTimeout: number
  /** Which clients share a destination: an IPv4 mask such as `255.255.255.255`, or an IPv6 prefix length such as `128`. */
  readonly netmask: string
  /** Persistence engine, such as `sip`. */
  readonly peName?: string
}

/** A virtual service. */
export type Service = ServiceKey & ServiceSettings

/** A service to add or set: no flags, no persistence and the full mask unless told otherwise. */
export type NewService = ServiceKey &
  Pick<ServiceSettings, 'scheduler'> &
  Partial<Omit<ServiceSettings, 'scheduler'>>

/** A service as the kernel has it. */
export type ServiceEntry = Service & { readonly stats: Stats }

/** What names a destination inside its service; the address family follows from the text. */
export interface DestinationKey {
  readonly address: string
  /** 0 to 65535; 0 means the port of the service. */
  readonly port: number
}

/** How packets reach a destination: masquerading, to this host, IP tunnel, direct routing, or past the cache. */
export type ForwardingMethod = 'masq' | 'local' | 'tunnel' | 'droute' | 'bypass'

/** A method the kernel stores but has no transmitter for, such as `method-5`: written as it was read. */
export type OtherMethod = `method-${number}`

/** Kinds of tunnel; GUE needs Linux 5.2, GRE 5.3. */
export type TunnelType = 'ipip' | 'gue' | 'gre'

/** A kind of tunnel younger than this package, such as `type-3`: written as it was read. */
export type OtherTunnel = `type-${number}`

/** How packets are wrapped when the forwarding method is `tunnel`. */
export interface Tunnel {
  readonly type: TunnelType | OtherTunnel
  /** UDP port of GUE; 0 for the others. */
  readonly port: number
  readonly flags: readonly ('csum' | 'remcsum')[]
}

/** A real server of a virtual service. */
export interface Destination extends DestinationKey {
  readonly forward: ForwardingMethod | OtherMethod
  /** Share of new connections; 0 lets established ones go on but takes no new one. Written 0 to 65535, read as it is. */
  readonly weight: number
  /** Connections from which no new one is scheduled here; 0 is no limit. */
  readonly upperThreshold: number
  /** Connections below which scheduling resumes; 0 is three quarters of the upper threshold. */
  readonly lowerThreshold: number
  /** Present when the forwarding method is `tunnel`. */
  readonly tunnel?: Tunnel
}

/** A destination to add or set: masquerading, weight 1 and no thresholds unless told otherwise. */
export type NewDestination = DestinationKey & Partial<Omit<Destination, keyof DestinationKey>>

/** A destination as the kernel has it. */
export interface DestinationEntry extends Destination {
  /** TCP connections in ESTABLISHED or half open. */
  readonly activeConnections: number
  /** Connections in every other state. */
  readonly inactiveConnections: number
  readonly persistentConnections: number
  readonly stats: Stats
}

/** Counters since creation or the last zeroing, as added up by the kernel every two seconds; rates are smoothed. */
export interface Stats {
  readonly connections: bigint
  readonly inPackets: bigint
  readonly outPackets: bigint
  readonly inBytes: bigint
  readonly outBytes: bigint
  /** Per second, as all rates. */
  readonly connectionRate: bigint
  readonly inPacketRate: bigint
  readonly outPacketRate: bigint
  readonly inByteRate: bigint
  readonly outByteRate: bigint
}

/** How long connections are remembered without a packet, in seconds, for the whole network namespace. */
export interface Timeouts {
  readonly tcp: number
  /** After a FIN. */
  readonly tcpFin: number
  readonly udp: number
}

/** What the kernel says of itself. */
export interface IpvsInfo {
  /** Such as `1.2.1`; unchanged for decades, so no probe for features. */
  readonly version: string
  /** Buckets of the connection hash table. */
  readonly connectionTableSize: number
}
