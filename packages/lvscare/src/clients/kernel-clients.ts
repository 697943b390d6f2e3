import { connectionColumns } from '@lvscare/ipvs'
import type { Endpoint } from '../endpoint.ts'
import { codeOf, messageOf } from '../errors.ts'
import type { ClientSocket, Clients, Released } from './clients.ts'
import { type ClientEdges, kernelEdges } from './edges.ts'
import { LIVE_STATES, Mapping } from './mapping.ts'
import { releaseAll } from './release.ts'
import { turn } from './turn.ts'

/** Options of {@link KernelClients}. */
export interface ClientsOptions {
  readonly virtual: Endpoint
  /** Whose sockets are looked at: those of this network namespace, or of every one that can be entered, such as pods. */
  readonly namespaces: 'own' | 'all'
  /** Told once for each kind of reason why a namespace was left out. @default nobody */
  readonly onSkipped?: (error: unknown) => void
  /** This process could not come back from another namespace: whatever it does from now on, it does over there. @default nobody */
  readonly onLost?: (error: unknown) => void
  /** @default the kernel */
  readonly edges?: ClientEdges
}

/**
 * How many more lines are read once every socket was found. An old and a new entry of the same two ends are in the same
 * chain of the kernel's hash table, and so close together: where they disagree, both are seen.
 */
const MARGIN_LINES = 512

/** {@link Clients} of the kernel this process runs on. */
export class KernelClients implements Clients {
  readonly #virtual: Endpoint
  readonly #namespaces: 'own' | 'all'
  readonly #edges: ClientEdges
  readonly #onSkipped: (error: unknown) => void

  constructor(options: ClientsOptions) {
    const {
      virtual,
      namespaces,
      onSkipped = () => {},
      onLost = () => {},
      edges = kernelEdges(onLost),
    } = options
    this.#virtual = virtual
    this.#namespaces = namespaces
    this.#edges = edges
    this.#onSkipped = oncePerKind(onSkipped)
  }

  async mappedTo(servers: ReadonlySet<string>, signal: AbortSignal): Promise<ClientSocket[]> {
    if (servers.size === 0) return []
    const mapping = new Mapping(this.#virtual)
    await this.#addSockets(mapping, undefined)
    if (this.#namespaces === 'all') await this.#addOthers(mapping, signal)
    if (mapping.isOpen && !signal.aborted) await this.#readTable(mapping, signal)
    return mapping.mappedTo(servers)
  }

  async release(sockets: readonly ClientSocket[]): Promise<Released> {
    return await releaseAll(sockets, this.#edges.openSockets)
  }

  async #addOthers(mapping: Mapping, signal: AbortSignal): Promise<void> {
    for (const namespace of await this.#listOthers()) {
      if (signal.aborted) return
      // There may be hundreds.
      await turn()
      await this.#addSockets(mapping, namespace).catch(this.#onSkipped)
    }
  }

  /** Without the others, this namespace is still worth its own. */
  async #listOthers(): Promise<string[]> {
    try {
      return await this.#edges.otherNamespaces(this.#onSkipped)
    } catch (error) {
      this.#onSkipped(error)
      return []
    }
  }

  async #addSockets(mapping: Mapping, namespace: string | undefined): Promise<void> {
    const table = await this.#edges.openSockets(namespace)
    if (table === undefined) return
    try {
      mapping.add(table.tcpSockets({ remotePort: this.#virtual.port, states: LIVE_STATES }), namespace)
    } finally {
      table.close()
    }
  }

  /** Reads until nothing more is to be found, or the signal aborts. */
  async #readTable(mapping: Mapping, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    // Not AbortSignal.any, see withDeadline.
    const relay = (): void => stop.abort()
    signal.addEventListener('abort', relay, { once: true })
    const columns = connectionColumns(this.#virtual)
    let margin = MARGIN_LINES
    const filter = (line: string): boolean => {
      if (!mapping.isOpen && --margin < 0) stop.abort()
      return line.includes(columns)
    }
    try {
      for await (const entry of this.#edges.connections({ filter, signal: stop.signal })) mapping.take(entry)
    } catch (error) {
      if (!stop.signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', relay)
    }
  }
}

function oncePerKind(tell: (error: unknown) => void): (error: unknown) => void {
  const told = new Set<string>()
  return (error) => {
    const kind = codeOf(error) ?? messageOf(error)
    if (told.has(kind)) return
    told.add(kind)
    tell(error)
  }
}
