import type { DestinationEntry, Stats } from '@lvscare/ipvs'
import type { Counter, Gauge } from 'prom-client'
import { endpointText } from '../endpoint-text.ts'
import type { Instruments } from './instruments.ts'

/** Reads the members of the virtual service; `undefined` when there is no such service. May throw. */
export type ReadMembers = () => readonly DestinationEntry[] | undefined

/** What of a member's counters becomes which metric. */
const TOTALS: readonly (readonly [name: string, help: string, total: keyof Stats])[] = [
  ['connections', 'Connections that the kernel gave to the server', 'connections'],
  ['incoming_packets', 'Packets from clients to the server', 'inPackets'],
  ['outgoing_packets', 'Packets from the server to clients', 'outPackets'],
  ['incoming_bytes', 'Bytes from clients to the server', 'inBytes'],
  ['outgoing_bytes', 'Bytes from the server to clients', 'outBytes'],
]

/** What the kernel says of the servers, read when somebody scrapes and at no other time. */
export class KernelMetrics {
  readonly #servers: readonly string[]
  readonly #weight: Gauge
  readonly #active: Gauge
  readonly #inactive: Gauge
  readonly #totals: readonly (readonly [counter: Counter, total: keyof Stats])[]
  readonly #errors: Counter

  constructor(make: Instruments, servers: readonly string[]) {
    this.#servers = servers
    this.#weight = make.gauge('lvscare_server_weight', 'Weight in the kernel, 0 when it is no member', [
      'server',
    ])
    this.#active = make.gauge('lvscare_server_active_connections', 'Established connections', ['server'])
    this.#inactive = make.gauge('lvscare_server_inactive_connections', 'Connections in other states', [
      'server',
    ])
    this.#totals = TOTALS.map(([name, help, total]) => [
      make.counter(`lvscare_server_${name}_total`, help, ['server']),
      total,
    ])
    this.#errors = make.counter('lvscare_kernel_read_errors_total', 'Scrapes that could not read the kernel')
    for (const server of servers) {
      this.#setGauges(server, undefined)
      for (const [counter] of this.#totals) counter.inc({ server }, 0)
    }
  }

  /** Takes what the kernel has now. When it cannot be read the last values stay: half a scrape is better than none. */
  update(read: ReadMembers): void {
    const members = this.#read(read)
    if (members === undefined) return
    for (const server of this.#servers) {
      const member = members.get(server)
      this.#setGauges(server, member)
      // A server that has left keeps its totals: a counter that vanishes would look like one that began anew.
      if (member !== undefined) this.#setTotals(server, member.stats)
    }
  }

  /** The pass reads the same members, and logs why it cannot: here the failure is only counted. */
  #read(read: ReadMembers): Map<string, DestinationEntry> | undefined {
    try {
      // Copied, because counters are read when they are first looked at, and that may fail too.
      return new Map((read() ?? []).map((one) => [endpointText(one.address, one.port), { ...one }]))
    } catch {
      this.#errors.inc()
      return undefined
    }
  }

  #setGauges(server: string, member: DestinationEntry | undefined): void {
    this.#weight.set({ server }, member?.weight ?? 0)
    this.#active.set({ server }, member?.activeConnections ?? 0)
    this.#inactive.set({ server }, member?.inactiveConnections ?? 0)
  }

  /** The kernel has counted already; a counter of prom-client can only be made to say so by beginning anew. */
  #setTotals(server: string, stats: Stats): void {
    for (const [counter, total] of this.#totals) {
      counter.remove({ server })
      counter.inc({ server }, Number(stats[total]))
    }
  }
}
