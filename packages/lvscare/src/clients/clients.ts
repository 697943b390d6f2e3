import type { TcpSocket } from '@lvscare/netlink'

/** A socket on this node whose connection IPVS has sent to a real server. */
export interface ClientSocket {
  /** The endpoint text of the real server. */
  readonly server: string
  readonly socket: TcpSocket
  /** The network namespace it is in, such as `net:[4026532281]`; `undefined`: this one. */
  readonly namespace: string | undefined
}

/** What became of sockets that were to be ended. */
export interface Released {
  /** Their owners were told with ECONNABORTED. */
  readonly ended: number
  /** Had ended by themselves in the meantime, or their whole namespace had. */
  readonly gone: number
  /** The first that could not be ended says why; EOPNOTSUPP: this kernel has no INET_DIAG_DESTROY. */
  readonly error: unknown
}

/** Finds and ends the connections through a virtual service. */
export interface Clients {
  /**
   * The sockets that are mapped to one of these servers (endpoint texts): our few sockets are listed first, then the
   * table of connections is streamed until all of them are found. Never blocks the loop for long.
   *
   * The signal is a limit of time, and no failure: once it aborts, what was found until then is the answer. It rejects
   * when the sockets of this namespace or the table cannot be read.
   */
  mappedTo(servers: ReadonlySet<string>, signal: AbortSignal): Promise<ClientSocket[]>
  /** Ends exactly these, each with its cookie. Never rejects: one that cannot be ended does not keep the others. */
  release(sockets: readonly ClientSocket[]): Promise<Released>
}
