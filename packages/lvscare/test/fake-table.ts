import {
  completeDestination,
  completeService,
  type DestinationEntry,
  type DestinationKey,
  formatEndpoint,
  formatService,
  IpvsError,
  type IpvsErrorCode,
  type IpvsOperation,
  type NewDestination,
  type NewService,
  type ServiceEntry,
  type ServiceKey,
  type Stats,
} from '@lvscare/ipvs'
import type { Weights } from '../src/index.ts'
import type { DestinationTable } from '../src/path/servers.ts'
import type { ServiceTable } from '../src/path/service.ts'

const NO_STATS: Stats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionRate: 0n,
  inPacketRate: 0n,
  outPacketRate: 0n,
  inByteRate: 0n,
  outByteRate: 0n,
}

interface Row {
  service: ServiceEntry
  readonly members: Map<string, DestinationEntry>
}

/** An IPVS table in memory: refuses what the kernel refuses, with the same codes. */
export class FakeTable implements ServiceTable, DestinationTable {
  readonly #rows = new Map<string, Row>()
  /** Every change that reached the table, in order. */
  readonly writes: IpvsOperation[] = []
  /** Set it to make the kernel refuse an operation. */
  refuse: (operation: IpvsOperation, subject: string) => boolean = () => false

  service(key: ServiceKey): ServiceEntry | undefined {
    this.#mayRefuse('read service', formatService(key))
    return this.#rows.get(formatService(key))?.service
  }

  addService(service: NewService): void {
    const name = this.#write('add service', formatService(service))
    if (this.#rows.has(name)) throw failure('add service', name, 'ERR_IPVS_EXISTS')
    this.#rows.set(name, { service: entryOf(service), members: new Map() })
  }

  setService(service: NewService): void {
    this.#need('set service', service).service = entryOf(service)
  }

  deleteService(key: ServiceKey): void {
    this.#need('delete service', key)
    this.#rows.delete(formatService(key))
  }

  destinations(key: ServiceKey): DestinationEntry[] | undefined {
    this.#mayRefuse('read destinations', formatService(key))
    const row = this.#rows.get(formatService(key))
    return row && [...row.members.values()]
  }

  addDestination(key: ServiceKey, member: NewDestination): void {
    const { members } = this.#need('add destination', key, member)
    const name = formatEndpoint(member)
    if (members.has(name)) throw failure('add destination', name, 'ERR_IPVS_EXISTS')
    members.set(name, memberOf(member))
  }

  setDestination(key: ServiceKey, member: NewDestination): void {
    const { members } = this.#need('set destination', key, member)
    const name = formatEndpoint(member)
    if (!members.has(name)) throw failure('set destination', name, 'ERR_IPVS_NO_DESTINATION')
    members.set(name, memberOf(member))
  }

  deleteDestination(key: ServiceKey, member: DestinationKey): void {
    const { members } = this.#need('delete destination', key, member)
    const name = formatEndpoint(member)
    if (!members.delete(name)) throw failure('delete destination', name, 'ERR_IPVS_NO_DESTINATION')
  }

  /** Weight of each member by its text, as `ipvsadm` would show it; undefined when the service is not there. */
  weights(key: ServiceKey): Weights | undefined {
    const row = this.#rows.get(formatService(key))
    return row && new Map([...row.members].map(([name, { weight }]) => [name, weight]))
  }

  #need(operation: IpvsOperation, key: ServiceKey, member?: DestinationKey): Row {
    this.#write(operation, member === undefined ? formatService(key) : formatEndpoint(member))
    const row = this.#rows.get(formatService(key))
    if (row === undefined) throw failure(operation, formatService(key), 'ERR_IPVS_NO_SERVICE')
    return row
  }

  #write(operation: IpvsOperation, subject: string): string {
    this.#mayRefuse(operation, subject)
    this.writes.push(operation)
    return subject
  }

  #mayRefuse(operation: IpvsOperation, subject: string): void {
    if (this.refuse(operation, subject)) throw failure(operation, subject, 'ERR_IPVS_KERNEL')
  }
}

/** A member as the kernel reports it, with every default filled in. */
export function memberOf(member: NewDestination): DestinationEntry {
  return {
    ...completeDestination(member),
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: NO_STATS,
  }
}

function entryOf(service: NewService): ServiceEntry {
  return { ...completeService(service), stats: NO_STATS }
}

function failure(operation: IpvsOperation, subject: string, code: IpvsErrorCode): IpvsError {
  return new IpvsError({ code, operation, subject, cause: new Error('EFAKE') })
}
