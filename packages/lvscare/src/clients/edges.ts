import { type ConnectionEntry, type ReadConnectionsOptions, readConnections } from '@lvscare/ipvs'
import { inNetworkNamespace, SockDiag } from '@lvscare/netlink'
import { codeOf } from '../errors.ts'
import { listNamespaces, openNamespace } from './namespaces.ts'

/** What is used of {@link SockDiag} here. */
export type SocketTable = Pick<SockDiag, 'tcpSockets' | 'destroy' | 'close'>

/** All that the clients of a virtual service are found and ended with, so that a test can hand in its own. */
export interface ClientEdges {
  /** The names of the other network namespaces; what may not be looked at is told. */
  readonly otherNamespaces: (onSkipped: (error: unknown) => void) => Promise<string[]>
  /** The sockets of a namespace (`undefined`: this one); nothing when it is gone. The caller closes it. */
  readonly openSockets: (namespace: string | undefined) => Promise<SocketTable | undefined>
  /** The table of connections of this namespace. */
  readonly connections: (
    options: Pick<ReadConnectionsOptions, 'filter' | 'signal'>,
  ) => AsyncIterable<ConnectionEntry>
}

/**
 * The table as the thread sees it that opens it. While a socket of another namespace is opened, the main thread is over
 * there, and what a thread of the pool then opened as /proc/net would be the table of that namespace.
 */
const TABLE = '/proc/thread-self/net/ip_vs_conn'

/** {@link ClientEdges} on the kernel. `onLost`: this process could not come back from another namespace, and must end. */
export function kernelEdges(onLost: (error: unknown) => void): ClientEdges {
  const paths = new Map<string, string>()
  const list = async (onSkipped: (error: unknown) => void): Promise<string[]> => {
    const namespaces = await listNamespaces({ onSkipped })
    paths.clear()
    for (const { name, path } of namespaces) paths.set(name, path)
    return [...paths.keys()]
  }
  const openOther = (name: string): Promise<SockDiag | undefined> =>
    openSocketsOf({ name, path: paths.get(name) }, onLost)
  return {
    otherNamespaces: list,
    openSockets: async (namespace) => {
      if (namespace === undefined) return SockDiag.open()
      const sockets = await openOther(namespace)
      if (sockets !== undefined) return sockets
      // The process by which it was found may have ended, and not been the only one in there.
      await list(() => {})
      return await openOther(namespace)
    },
    connections: (options) => readConnections({ ...options, path: TABLE }),
  }
}

/** A netlink socket stays in the namespace in which it was opened: nothing else has to be done over there. */
async function openSocketsOf(
  { name, path }: { readonly name: string; readonly path: string | undefined },
  onLost: (error: unknown) => void,
): Promise<SockDiag | undefined> {
  const file = path === undefined ? undefined : await openNamespace({ name, path })
  if (file === undefined) return undefined
  try {
    return inNetworkNamespace(file.fd, () => SockDiag.open())
  } catch (error) {
    if (codeOf(error) === 'ERR_NETLINK_NAMESPACE_LOST') onLost(error)
    throw error
  } finally {
    await file.close()
  }
}
