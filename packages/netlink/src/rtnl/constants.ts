/** Message types of rtnetlink: `RTM_*` in linux/rtnetlink.h. */
export const RtmType = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
} as const

/** Attributes of a link: `IFLA_*` in linux/if_link.h. */
export const IflaAttr = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINKINFO: 18,
  EXT_MASK: 29,
} as const

/** Attributes inside IFLA_LINKINFO: `IFLA_INFO_*` in linux/if_link.h. */
export const IflaInfoAttr = {
  KIND: 1,
} as const

/** Flags of a link: `IFF_*` in linux/if.h. */
export const LinkFlag = {
  UP: 0x1,
  LOOPBACK: 0x8,
} as const

/** What a link dump may leave out, for IFLA_EXT_MASK: `RTEXT_FILTER_*` in linux/rtnetlink.h. */
export const LinkFilter = {
  SKIP_STATS: 0x8,
} as const

/** Attributes of an address: `IFA_*` in linux/if_addr.h. */
export const IfaAttr = {
  ADDRESS: 1,
  LOCAL: 2,
  FLAGS: 8,
} as const

/** Flags of an address: `IFA_F_*` in linux/if_addr.h. */
export const AddressFlag = {
  SECONDARY: 0x1,
  /** Usable at once: no duplicate address detection (IPv6). */
  NODAD: 0x2,
  TENTATIVE: 0x40,
  PERMANENT: 0x80,
  /** Adds no route to the prefix of the address. */
  NOPREFIXROUTE: 0x200,
} as const

/** Attributes of a route: `RTA_*` in linux/rtnetlink.h. */
export const RtAttr = {
  DST: 1,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  TABLE: 15,
  /** A gateway of another family than the route's: `struct rtvia`. */
  VIA: 18,
} as const

/** Well-known routing tables: `RT_TABLE_*` in linux/rtnetlink.h. */
export const RouteTable = {
  UNSPEC: 0,
  DEFAULT: 253,
  MAIN: 254,
  LOCAL: 255,
} as const

/** Who made a route: `RTPROT_*` in linux/rtnetlink.h; the kernel does not interpret 4 and above. */
export const RouteProtocol = {
  UNSPEC: 0,
  KERNEL: 2,
  BOOT: 3,
  STATIC: 4,
} as const

/** Flags of a route request: `RTM_F_*` in linux/rtnetlink.h. */
export const RouteFlag = {
  /** Tell the table that was really used, not always `main` (IPv4). */
  LOOKUP_TABLE: 0x1000,
  /** Answer with the entry of the table that matched, not with the decision for the address. */
  FIB_MATCH: 0x2000,
} as const

/** Who may listen to what is announced, `RTNLGRP_*` in linux/rtnetlink.h. */
export const RouteGroup = {
  LINK: 1,
  IPV4_IFADDR: 5,
  IPV4_ROUTE: 7,
  IPV4_RULE: 8,
  IPV6_IFADDR: 9,
  IPV6_ROUTE: 11,
  IPV6_RULE: 19,
  /** Settings such as `ignore_routes_with_linkdown`. */
  IPV4_NETCONF: 24,
  IPV6_NETCONF: 25,
  NEXTHOP: 32,
} as const

/** What a route does with a packet: `RTN_*` in linux/rtnetlink.h. */
export const RouteTypeNumber = {
  UNSPEC: 0,
  UNICAST: 1,
  LOCAL: 2,
  BROADCAST: 3,
  ANYCAST: 4,
  MULTICAST: 5,
  BLACKHOLE: 6,
  UNREACHABLE: 7,
  PROHIBIT: 8,
  THROW: 9,
  NAT: 10,
  XRESOLVE: 11,
} as const

/** How far away a destination is: `RT_SCOPE_*` in linux/rtnetlink.h. */
export const RouteScopeNumber = {
  UNIVERSE: 0,
  SITE: 200,
  LINK: 253,
  HOST: 254,
  NOWHERE: 255,
} as const

/** Sizes in bytes of the fixed structures: `sizeof` of `struct ifinfomsg`, `ifaddrmsg` and `rtmsg`. */
export const RtSize = {
  IFINFOMSG: 16,
  IFADDRMSG: 8,
  RTMSG: 12,
} as const

/** `IFNAMSIZ` of linux/if.h: longest name of a link in bytes, with its NUL. */
export const IFNAMSIZ = 16
