/** Message types of sock_diag: `SOCK_DIAG_BY_FAMILY` and `SOCK_DESTROY` in linux/sock_diag.h. */
export const SockDiagType = {
  DIAG_BY_FAMILY: 20,
  DESTROY: 21,
} as const

/** States of a TCP socket: `BPF_TCP_*` in linux/bpf.h, which are the kernel's own; a filter has the bit of each. */
export const TcpStateNumber = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
  /** A connection that is being opened to a listener; the kernel lists it as SYN_RECV. */
  NEW_SYN_RECV: 12,
} as const

/** The cookie that fits every socket: with it a request for one that is gone ends whoever has its address now. */
export const INET_DIAG_NOCOOKIE = 0xffff_ffff

/** Sizes in bytes of the fixed structures in linux/inet_diag.h. */
export const DiagSize = {
  /** `struct inet_diag_req_v2`: whose sockets, in which states, and a `struct inet_diag_sockid`. */
  REQUEST: 56,
  /** `struct inet_diag_msg`: a socket; attributes follow it. */
  MESSAGE: 72,
} as const
