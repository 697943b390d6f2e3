import { type ConnectionEntry, connectionColumns, parseConnectionLine } from '@lvscare/ipvs'
import { addressFamily, type TcpSocket, type TcpState } from '@lvscare/netlink'
import type { ClientEdges, SocketTable } from '../../src/clients/edges.ts'
import { endpoint, endpointText } from '../../src/endpoint.ts'

/** One end of a connection. */
export interface End {
  readonly address: string
  readonly port: number
}

export const V4 = endpoint('10.103.97.2', 'inet', 6443)
export const V6 = endpoint('fd00:103:97::2', 'inet6', 6443)

let cookies = 0n

/** A socket from `local` to `remote`. */
export function socket(local: End, remote: End, extra: Partial<TcpSocket> = {}): TcpSocket {
  cookies += 1n
  const family = addressFamily(local.address) ?? 'inet'
  const { address, port } = remote
  return {
    family,
    state: 'ESTABLISHED',
    local,
    remote: { address, port },
    cookie: cookies,
    uid: 0,
    inode: 0,
    ...extra,
  }
}

/** A line of the table as the kernel prints it. */
export function line(
  client: End,
  virtual: End,
  destination: End,
  state = 'ESTABLISHED',
  protocol = 'TCP',
): string {
  const ends = [client, virtual, destination].map((end) => connectionColumns(end)).join(' ')
  return `${protocol.padEnd(3)} ${ends} ${state.padEnd(11)} ${'898'.padStart(7)}`
}

/** The endpoint text of an end. */
export function text({ address, port }: End): string {
  return endpointText(address, port)
}

/** A machine in memory: its sockets by namespace, and its table of connections. */
export class FakeMachine implements ClientEdges {
  /** By namespace; an error stands for one that cannot be entered. */
  readonly sockets = new Map<string | undefined, TcpSocket[] | Error>([[undefined, []]])
  lines: Iterable<string> = []
  /** How many lines were looked at. */
  read = 0
  /** How many tables of sockets are open. */
  open = 0
  /** Cookies of the sockets that were ended, in order, with their namespace. */
  readonly destroyed: string[] = []
  /** Set it to have the kernel refuse. */
  refuse: (socket: TcpSocket) => Error | undefined = () => undefined

  otherNamespaces = async (_onSkipped: (error: unknown) => void): Promise<string[]> =>
    [...this.sockets.keys()].filter((name) => name !== undefined)

  openSockets = async (namespace: string | undefined): Promise<SocketTable | undefined> => {
    const found = this.sockets.get(namespace)
    if (found instanceof Error) throw found
    if (found === undefined) return undefined
    this.open += 1
    return {
      tcpSockets: (filter) => found.filter((one) => isWanted(one, filter)),
      destroy: (one) => this.#destroy(one, namespace, found),
      close: () => {
        this.open -= 1
      },
    }
  }

  connections: ClientEdges['connections'] = (options) => this.#connections(options)

  async *#connections({
    filter,
    signal,
  }: Parameters<ClientEdges['connections']>[0]): AsyncGenerator<ConnectionEntry> {
    for (const one of this.lines) {
      signal?.throwIfAborted()
      this.read += 1
      const entry = filter?.(one) === false ? undefined : parseConnectionLine(one)
      if (entry !== undefined) yield entry
    }
  }

  #destroy(one: TcpSocket, namespace: string | undefined, found: TcpSocket[]): boolean {
    const error = this.refuse(one)
    if (error !== undefined) throw error
    const at = found.findIndex(({ cookie }) => cookie === one.cookie)
    if (at < 0) return false
    found.splice(at, 1)
    this.destroyed.push(`${namespace ?? 'own'} ${one.cookie}`)
    return true
  }
}

function isWanted(
  { remote, state }: TcpSocket,
  filter: { remotePort?: number; states?: readonly TcpState[] } = {},
): boolean {
  return (
    (filter.remotePort === undefined || remote.port === filter.remotePort) &&
    (filter.states === undefined || filter.states.includes(state))
  )
}
