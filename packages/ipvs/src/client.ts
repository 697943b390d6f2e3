import type { GenlOptions } from '@lvscare/netlink'
import { normalAddress } from './address-codec.ts'
import { aboutService, ofService, withSettings } from './ask.ts'
import { decodeInfo, decodeTimeouts, encodeTimeouts } from './config-codec.ts'
import { Command } from './constants.ts'
import { decodeDestinationEntry, encodeDestination, encodeDestinationKey } from './destination-codec.ts'
import { isIpvsError } from './errors.ts'
import { attempt, Exchange } from './exchange.ts'
import { decodeServiceEntry } from './service-codec.ts'
import { formatEndpoint, formatService, serviceFamily } from './service-key.ts'
import type {
  DestinationEntry,
  DestinationKey,
  IpvsInfo,
  NewDestination,
  NewService,
  ServiceEntry,
  ServiceKey,
  Timeouts,
} from './types.ts'

/** Options of {@link Ipvs.open}: the binding to libc, and the longest wait for an answer in milliseconds. */
export type IpvsOptions = GenlOptions

/**
 * The IPVS table of the network namespace this process is in.
 *
 * Every method is synchronous, one exchange with the kernel unless it says otherwise, and throws {@link IpvsError}.
 * There is no flush: it would take the services of others too.
 */
export class Ipvs {
  readonly #exchange: Exchange

  private constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** Opens a socket and finds the family, for which the kernel loads the module ip_vs if need be. */
  static open(options: IpvsOptions = {}): Ipvs {
    return new Ipvs(Exchange.open(options))
  }

  /** Version and table size. */
  info(): IpvsInfo {
    return this.#exchange.get({ operation: 'read info', command: Command.GET_INFO }, decodeInfo)
  }

  /** Every service of the namespace, those of others too; an empty table is an empty list. */
  services(): ServiceEntry[] {
    const ask = { operation: 'read services', command: Command.GET_SERVICE } as const
    return unique(this.#exchange.dump(ask, decodeServiceEntry), formatService)
  }

  /** One service by its key, or undefined when there is none. */
  service(key: ServiceKey): ServiceEntry | undefined {
    const ask = { operation: 'read service', command: Command.GET_SERVICE, ...aboutService(key) } as const
    try {
      return this.#exchange.get(ask, decodeServiceEntry)
    } catch (error) {
      if (isIpvsError(error) && error.code === 'ERR_IPVS_NO_SERVICE') return undefined
      throw error
    }
  }

  /** Adds a service; `ERR_IPVS_EXISTS` when it is there, `ERR_IPVS_NO_SCHEDULER` when its scheduler is not. */
  addService(service: NewService): void {
    this.#exchange.change({
      operation: 'add service',
      command: Command.NEW_SERVICE,
      ...withSettings(service),
    })
  }

  /** Changes the settings of a service in place: connections and destinations stay. What is not given is reset. */
  setService(service: NewService): void {
    this.#exchange.change({
      operation: 'set service',
      command: Command.SET_SERVICE,
      ...withSettings(service),
    })
  }

  /** Deletes a service with its destinations; `ERR_IPVS_NO_SERVICE` when there is none. */
  deleteService(key: ServiceKey): void {
    this.#exchange.change({ operation: 'delete service', command: Command.DEL_SERVICE, ...aboutService(key) })
  }

  /** The destinations of one service, and no others are read; undefined when the service does not exist. */
  destinations(key: ServiceKey): DestinationEntry[] | undefined {
    const ask = { operation: 'read destinations', command: Command.GET_DEST, ...aboutService(key) } as const
    const family = attempt('read destinations', ask.subject, () => serviceFamily(key))
    const entries = this.#exchange.dump(ask, (attributes) => decodeDestinationEntry(attributes, family))
    // The kernel answers "no such service" and "no destinations" alike: only then it is asked a second time.
    if (entries.length === 0 && this.service(key) === undefined) return undefined
    return unique(entries, formatEndpoint)
  }

  /** One destination of a service, or undefined when it or the service does not exist; reads all of the service. */
  destination(key: ServiceKey, destination: DestinationKey): DestinationEntry | undefined {
    const { address, port } = destination
    const normal = attempt('read destinations', ofService(destination, key), () => normalAddress(address))
    return this.destinations(key)?.find((one) => one.address === normal && one.port === port)
  }

  /** Adds a destination; `ERR_IPVS_EXISTS` when it is there, `ERR_IPVS_NO_SERVICE` when the service is not. */
  addDestination(key: ServiceKey, destination: NewDestination): void {
    const encode = () => encodeDestination(key, destination)
    const subject = ofService(destination, key)
    this.#exchange.change({ operation: 'add destination', command: Command.NEW_DEST, subject, encode })
  }

  /** Changes a destination in place: its connections stay. What is not given is reset. */
  setDestination(key: ServiceKey, destination: NewDestination): void {
    const encode = () => encodeDestination(key, destination)
    const subject = ofService(destination, key)
    this.#exchange.change({ operation: 'set destination', command: Command.SET_DEST, subject, encode })
  }

  /** Deletes a destination; `ERR_IPVS_NO_DESTINATION` when there is none. */
  deleteDestination(key: ServiceKey, destination: DestinationKey): void {
    const encode = () => encodeDestinationKey(key, destination)
    const subject = ofService(destination, key)
    this.#exchange.change({ operation: 'delete destination', command: Command.DEL_DEST, subject, encode })
  }

  /** How long connections are remembered. */
  timeouts(): Timeouts {
    return this.#exchange.get({ operation: 'read timeouts', command: Command.GET_CONFIG }, decodeTimeouts)
  }

  /** Changes those timeouts that are given, 1 to 2147483 seconds, for the whole namespace. */
  setTimeouts(timeouts: Partial<Timeouts>): void {
    const encode = () => encodeTimeouts(timeouts)
    this.#exchange.change({ operation: 'set timeouts', command: Command.SET_CONFIG, encode })
  }

  /** Sets the counters of one service and its destinations to zero; without a key those of the whole namespace. */
  zero(key?: ServiceKey): void {
    const about = key === undefined ? { subject: 'everything' } : aboutService(key)
    this.#exchange.change({ operation: 'zero counters of', command: Command.ZERO, ...about })
  }

  /** Closes the socket; a later call opens another one. */
  close(): void {
    this.#exchange.close()
  }
}

/** A dump goes on by index between datagrams: what is added or removed meanwhile can make it show one twice. */
function unique<T>(entries: readonly T[], identity: (entry: T) => string): T[] {
  return [...new Map(entries.map((entry) => [identity(entry), entry])).values()]
}
