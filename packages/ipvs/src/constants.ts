/** The generic netlink family: `IPVS_GENL_*` in linux/ip_vs.h. */
export const IpvsGenl = {
  NAME: 'IPVS',
  VERSION: 1,
} as const

/** Commands: `IPVS_CMD_*` in linux/ip_vs.h. FLUSH is missing on purpose: it would take the services of others too. */
export const Command = {
  NEW_SERVICE: 1,
  SET_SERVICE: 2,
  DEL_SERVICE: 3,
  GET_SERVICE: 4,
  NEW_DEST: 5,
  SET_DEST: 6,
  DEL_DEST: 7,
  GET_DEST: 8,
  SET_CONFIG: 12,
  GET_CONFIG: 13,
  /** Only ever an answer, to GET_INFO. */
  SET_INFO: 14,
  GET_INFO: 15,
  ZERO: 16,
} as const

/** Attributes of the first level: `IPVS_CMD_ATTR_*` in linux/ip_vs.h. */
export const CmdAttr = {
  SERVICE: 1,
  DEST: 2,
  TIMEOUT_TCP: 4,
  TIMEOUT_TCP_FIN: 5,
  TIMEOUT_UDP: 6,
} as const

/** Attributes of a virtual service: `IPVS_SVC_ATTR_*` in linux/ip_vs.h. */
export const SvcAttr = {
  AF: 1,
  PROTOCOL: 2,
  ADDR: 3,
  PORT: 4,
  FWMARK: 5,
  SCHED_NAME: 6,
  FLAGS: 7,
  TIMEOUT: 8,
  NETMASK: 9,
  STATS: 10,
  PE_NAME: 11,
  STATS64: 12,
} as const

/** Attributes of a destination: `IPVS_DEST_ATTR_*` in linux/ip_vs.h. */
export const DestAttr = {
  ADDR: 1,
  PORT: 2,
  FWD_METHOD: 3,
  WEIGHT: 4,
  U_THRESH: 5,
  L_THRESH: 6,
  ACTIVE_CONNS: 7,
  INACT_CONNS: 8,
  PERSIST_CONNS: 9,
  STATS: 10,
  ADDR_FAMILY: 11,
  STATS64: 12,
  TUN_TYPE: 13,
  TUN_PORT: 14,
  TUN_FLAGS: 15,
} as const

/** Attributes of both kinds of statistics: `IPVS_STATS_ATTR_*` in linux/ip_vs.h. */
export const StatsAttr = {
  CONNS: 1,
  INPKTS: 2,
  OUTPKTS: 3,
  INBYTES: 4,
  OUTBYTES: 5,
  CPS: 6,
  INPPS: 7,
  OUTPPS: 8,
  INBPS: 9,
  OUTBPS: 10,
} as const

/** Attributes of the first level in the answer to GET_INFO, a space of its own: `IPVS_INFO_ATTR_*` in linux/ip_vs.h. */
export const InfoAttr = {
  VERSION: 1,
  CONN_TAB_SIZE: 2,
} as const

/** Flags of a virtual service: `IP_VS_SVC_F_*` in linux/ip_vs.h. */
export const SvcFlag = {
  PERSISTENT: 0x1,
  /** The kernel's own note that the service is in its table: set in every dump, never written by us. */
  HASHED: 0x2,
  ONEPACKET: 0x4,
  SCHED1: 0x8,
  SCHED2: 0x10,
  SCHED3: 0x20,
} as const

/** Forwarding methods and their mask: `IP_VS_CONN_F_*` in linux/ip_vs.h. */
export const ConnFlag = {
  FWD_MASK: 0x7,
  MASQ: 0,
  LOCALNODE: 1,
  TUNNEL: 2,
  DROUTE: 3,
  BYPASS: 4,
} as const

/** Kinds of tunnel: `IP_VS_CONN_F_TUNNEL_TYPE_*` in linux/ip_vs.h. */
export const TunnelKind = {
  IPIP: 0,
  GUE: 1,
  GRE: 2,
} as const

/** Flags of a tunnel: `IP_VS_TUNNEL_ENCAP_FLAG_*` in linux/ip_vs.h. */
export const TunnelFlag = {
  CSUM: 0x1,
  REMCSUM: 0x2,
} as const

/** Sizes of names in bytes: `IP_VS_*` in linux/ip_vs.h. */
export const NameLimit = {
  /** With the closing NUL. */
  SCHEDNAME_MAXLEN: 16,
  /** Without the closing NUL: the policy of the attribute is NLA_NUL_STRING of this length. */
  PENAME_MAXLEN: 16,
} as const

/** Transport protocols IPVS can balance: `IPPROTO_*` in linux/in.h. */
export const IpProtocol = {
  TCP: 6,
  UDP: 17,
  SCTP: 132,
} as const
