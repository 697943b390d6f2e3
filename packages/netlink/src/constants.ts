/** Netlink families used here: `NETLINK_*` in linux/netlink.h. */
export const Protocol = {
  ROUTE: 0,
  SOCK_DIAG: 4,
  NETFILTER: 12,
  GENERIC: 16,
} as const

/** Header flags of a message: `NLM_F_*` in linux/netlink.h. */
export const Flag = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  ECHO: 0x8,
  DUMP_INTR: 0x10,
  DUMP_FILTERED: 0x20,
  /** For a GET: `NLM_F_ROOT | NLM_F_MATCH`, every object instead of one. */
  DUMP: 0x300,
  /** For a NEW: overwrite what is there. */
  REPLACE: 0x100,
  /** For a NEW: fail with EEXIST when it is there. */
  EXCL: 0x200,
  /** For a NEW: make it when it is not there. */
  CREATE: 0x400,
  /** For a NEW: put it behind those that are there. */
  APPEND: 0x800,
  /** On an error reply: the request's payload was not copied back. */
  CAPPED: 0x100,
  /** On an error reply: extended-ack attributes follow. */
  ACK_TLVS: 0x200,
} as const

/** Message types every family shares: `NLMSG_*` in linux/netlink.h. */
export const ControlType = {
  NOOP: 1,
  ERROR: 2,
  DONE: 3,
  OVERRUN: 4,
  /** Types below this one are reserved for control messages. */
  MIN_TYPE: 16,
} as const

/** Bits that share the type field of an attribute: `NLA_F_*` and `NLA_TYPE_MASK` in linux/netlink.h. */
export const AttrFlag = {
  NESTED: 0x8000,
  NET_BYTEORDER: 0x4000,
  TYPE_MASK: 0x3fff,
} as const

/** Attributes behind an error reply: `NLMSGERR_ATTR_*` in linux/netlink.h. */
export const ErrAttr = {
  MSG: 1,
  OFFS: 2,
  COOKIE: 3,
} as const

/** Socket options of level SOL_NETLINK: `NETLINK_*` in linux/netlink.h. */
export const SockOpt = {
  ADD_MEMBERSHIP: 1,
  CAP_ACK: 10,
  EXT_ACK: 11,
  GET_STRICT_CHK: 12,
} as const

/** Numbers of the socket interface: sys/socket.h, netinet/tcp.h and, for setns, sched.h; the same on x86-64, arm64 and riscv64. */
export const Sock = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  SOCK_STREAM: 1,
  SOCK_RAW: 3,
  SOCK_NONBLOCK: 0x800,
  SOCK_CLOEXEC: 0x80000,
  SOL_SOCKET: 1,
  SOL_NETLINK: 270,
  SO_RCVBUF: 8,
  SO_PEERCRED: 17,
  SO_RCVTIMEO: 20,
  IPPROTO_TCP: 6,
  TCP_USER_TIMEOUT: 18,
  MSG_PEEK: 0x2,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  CLONE_NEWNET: 0x40000000,
} as const

/** Sizes in bytes of the fixed structures: `sizeof` of each in linux/netlink.h, linux/un.h and sys/socket.h. */
export const Size = {
  NLMSGHDR: 16,
  NLATTR: 4,
  SOCKADDR_NL: 12,
  /** The `error` member of `struct nlmsgerr`; a copy of the request follows it. */
  NLMSGERR_ERROR: 4,
  SOCKADDR_UN: 110,
  /** The `sun_family` member of `struct sockaddr_un`; the name follows it. */
  SOCKADDR_UN_FAMILY: 2,
  /** `struct ucred`: process, user and group, four bytes each. */
  UCRED: 12,
} as const
