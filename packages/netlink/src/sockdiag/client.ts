import type { AddressFamily } from '../address.ts'
import { Connection, type ConnectionOptions, type Request } from '../connection.ts'
import { Flag, Protocol } from '../constants.ts'
import { KernelError, NoSubsystemError, SyscallError } from '../errors.ts'
import {
  decodeTcpSocket,
  encodeSocketDestroy,
  encodeSocketDump,
  type TcpSocket,
  type TcpSocketFilter,
} from './codec.ts'
import { SockDiagType } from './constants.ts'

/** Options of {@link SockDiag.open}. */
export type SockDiagOptions = Omit<ConnectionOptions, 'protocol' | 'strictDumps' | 'oneSocket'>

/**
 * The TCP sockets of the network namespace that this thread was in when {@link SockDiag.open} was called, wherever it is later.
 *
 * Every method throws {@link SyscallError} when the netlink socket fails. That is its end, and so is `close`: a new one
 * could be of another namespace, so the caller opens it.
 */
export class SockDiag {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Opens a connection; throws {@link NoSubsystemError}, {@link SyscallError} or {@link BindingError}. */
  static open(options: SockDiagOptions = {}): SockDiag {
    try {
      return new SockDiag(Connection.open({ ...options, protocol: Protocol.SOCK_DIAG, oneSocket: true }))
    } catch (error) {
      const missing = error instanceof SyscallError && error.errno === 'EPROTONOSUPPORT'
      throw missing ? new NoSubsystemError('sock_diag', error) : error
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close()
  }

  /**
   * The sockets of both families that the filter asks for; the kernel filters. Needs no privilege.
   *
   * Sockets come and go while they are listed: it is not one moment's truth. Throws {@link NoSubsystemError} where the
   * kernel cannot list TCP sockets.
   */
  tcpSockets(filter: TcpSocketFilter = {}): TcpSocket[] {
    return FAMILIES.flatMap((family) => this.#list(family, filter))
  }

  /**
   * Ends a socket: whoever waits on it is told ECONNABORTED, and the peer is sent a reset. False when it is gone already,
   * also where another one has its address by now: only the one with this cookie is ended.
   *
   * Throws {@link KernelError} `EPERM` without CAP_NET_ADMIN, `EOPNOTSUPP` from a kernel without INET_DIAG_DESTROY.
   */
  destroy(socket: TcpSocket): boolean {
    const request = { type: SockDiagType.DESTROY, payload: encodeSocketDestroy(socket) }
    try {
      this.#connection.execute(request)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  #list(family: AddressFamily, filter: TcpSocketFilter): TcpSocket[] {
    const payload = encodeSocketDump(family, filter)
    return this.#dump({ type: SockDiagType.DIAG_BY_FAMILY, flags: Flag.DUMP, payload }).map(decodeTcpSocket)
  }

  #dump(request: Request): Uint8Array[] {
    try {
      const replies = this.#connection.execute(request)
      return replies.filter(({ type }) => type === request.type).map(({ payload }) => payload)
    } catch (error) {
      // A dump looks for no socket in particular: what is not there is who could answer.
      throw isMissing(error) ? new NoSubsystemError('tcp_diag', error) : error
    }
  }
}

/** A connection over IPv4 may be a socket of either family. */
const FAMILIES: readonly AddressFamily[] = ['inet', 'inet6']

function isMissing(error: unknown): error is KernelError {
  return error instanceof KernelError && error.errno === 'ENOENT'
}
