import type { ConnectionEntry } from '@lvscare/ipvs'
import type { TcpSocket, TcpState } from '@lvscare/netlink'
import { type Endpoint, endpointText } from '../endpoint.ts'
import type { ClientSocket } from './clients.ts'

/** States in which somebody may wait for a peer that is gone: neither listening, nor over. */
export const LIVE_STATES: readonly TcpState[] = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSE_WAIT',
  'LAST_ACK',
  'CLOSING',
]

/**
 * An entry in one of these is over: the next connection from the same port gets a new one (is_new_conn_expected in
 * ip_vs_core.c), so it says nothing about a socket that lives.
 */
const OVER: ReadonlySet<string> = new Set(['TIME_WAIT', 'CLOSE'])

/** Where the table says that a connection goes; two entries that disagree are no answer. */
type Answer = string | 'disputed' | undefined

interface Candidate {
  readonly socket: TcpSocket
  readonly namespace: string | undefined
  server: Answer
}

/**
 * Finds for each client socket of a virtual service the real server that the table of connections has for it.
 *
 * Only exact pairs of ends count. Whatever is doubtful is no answer: better a client that hangs than one of a healthy
 * server that is ended.
 */
export class Mapping {
  readonly #virtual: Endpoint
  /** By the client's end; `undefined` where several namespaces have the same, and nobody can tell whose entry it is. */
  readonly #candidates = new Map<string, Candidate | undefined>()
  #missing = 0

  constructor(virtual: Endpoint) {
    this.#virtual = virtual
  }

  /** True while the table may still say something new about a socket. */
  get isOpen(): boolean {
    return this.#missing > 0
  }

  /** Takes the sockets of a namespace that live, to whomever; this one's first, because its clients are never somebody else's. */
  add(sockets: readonly TcpSocket[], namespace: string | undefined): void {
    for (const socket of sockets) if (isSame(socket.remote, this.#virtual)) this.#addClient(socket, namespace)
  }

  /** Takes an entry of the table, in the order of the table. */
  take({ protocol, client, virtual, destination, state }: ConnectionEntry): void {
    if (protocol !== 'tcp' || !isSame(virtual, this.#virtual) || OVER.has(state)) return
    const candidate = this.#candidates.get(endpointText(client.address, client.port))
    if (candidate === undefined) return
    const server = endpointText(destination.address, destination.port)
    if (candidate.server === undefined) this.#missing -= 1
    candidate.server = candidate.server === undefined || candidate.server === server ? server : 'disputed'
  }

  /** The sockets that were found to be mapped to one of these servers. */
  mappedTo(servers: ReadonlySet<string>): ClientSocket[] {
    return [...this.#candidates.values()].flatMap((candidate) => {
      const { socket, namespace, server } = candidate ?? {}
      return socket !== undefined && server !== undefined && servers.has(server)
        ? [{ server, socket, namespace }]
        : []
    })
  }

  #addClient(socket: TcpSocket, namespace: string | undefined): void {
    const key = endpointText(socket.local.address, socket.local.port)
    if (!this.#candidates.has(key)) {
      this.#candidates.set(key, { socket, namespace, server: undefined })
      this.#missing += 1
      return
    }
    const known = this.#candidates.get(key)
    if (known === undefined || known.namespace === undefined || known.namespace === namespace) return
    this.#candidates.set(key, undefined)
    this.#missing -= 1
  }
}

function isSame(a: { address: string; port: number }, b: { address: string; port: number }): boolean {
  return a.port === b.port && a.address === b.address
}
