import type { constants } from 'node:os'
import { LITTLE, readAttributes, viewOf } from '@lvscare/netlink'
import { type Reply, reply } from '@lvscare/netlink/testing'
import { CmdAttr, DestAttr, SvcAttr } from '../src/index.ts'

/** Attributes by number, still encoded: the fake does not trust the codec it tests. */
export type Attributes = ReadonlyMap<number, Uint8Array>

/** The attributes of a nest. */
export function read(bytes: Uint8Array): Attributes {
  return new Map([...readAttributes(bytes)].map(({ type, payload }) => [type, Uint8Array.from(payload)]))
}

/** A destination of the fake table. */
export interface FakeDestination {
  attributes: Attributes
  readonly family: number
  readonly connections: bigint
}

/** A service of the fake table. */
export interface FakeService {
  attributes: Attributes
  readonly destinations: FakeDestination[]
  connections: bigint
}

type Errno = keyof typeof constants.errno

class Refusal extends Error {
  readonly errno: Errno
  constructor(name: Errno) {
    super(name)
    this.errno = name
  }
}

/** Errors of the fake kernel. */
export const errno: {
  refuse(name: Errno): never
  catch(work: () => Reply): Reply
} = {
  refuse: (name) => {
    throw new Refusal(name)
  },
  catch: (work) => {
    try {
      return work()
    } catch (error) {
      if (error instanceof Refusal) return reply.errno(error.errno)
      throw error
    }
  },
}

const AF_INET = 2
const AF_INET6 = 10
const FULL_SERVICE = [SvcAttr.SCHED_NAME, SvcAttr.FLAGS, SvcAttr.TIMEOUT, SvcAttr.NETMASK]
const FULL_DESTINATION = [DestAttr.FWD_METHOD, DestAttr.WEIGHT, DestAttr.U_THRESH, DestAttr.L_THRESH]
const TUNNEL = 2

/** The table of one network namespace: identity, order of checks and errnos as in ip_vs_ctl.c. */
export class FakeTable {
  readonly services: FakeService[] = []
  readonly schedulers: Set<string> = new Set(['rr', 'wrr', 'wlc', 'sh', 'none'])
  timeouts: readonly [number, number, number] = [900, 120, 300]

  /** The service a request names, if it is there. */
  find(top: Attributes): FakeService | undefined {
    const wanted = serviceIdentity(nest(top, CmdAttr.SERVICE))
    return this.services.find((one) => serviceIdentity(one.attributes) === wanted)
  }

  /** The service a request names, or ESRCH. */
  need(top: Attributes): FakeService {
    return this.find(top) ?? errno.refuse('ESRCH')
  }

  addService(top: Attributes): void {
    const attributes = this.#checked(top)
    if (this.find(top) !== undefined) errno.refuse('EEXIST')
    this.#checkScheduler(attributes)
    this.services.unshift({ attributes, destinations: [], connections: 0n })
  }

  setService(top: Attributes): void {
    const attributes = this.#checked(top)
    const service = this.need(top)
    this.#checkScheduler(attributes)
    service.attributes = attributes
  }

  deleteService(top: Attributes): void {
    this.services.splice(this.services.indexOf(this.need(top)), 1)
  }

  addDestination(top: Attributes): void {
    const { service, wanted, at } = this.#destination(top, true)
    if (at >= 0) errno.refuse('EEXIST')
    service.destinations.push(wanted)
  }

  setDestination(top: Attributes): void {
    const { service, wanted, at } = this.#destination(top, true)
    if (at < 0) errno.refuse('ENOENT')
    service.destinations[at] = wanted
  }

  deleteDestination(top: Attributes): void {
    const { service, at } = this.#destination(top, false)
    if (at < 0) errno.refuse('ENOENT')
    service.destinations.splice(at, 1)
  }

  setTimeouts(top: Attributes): void {
    const types = [CmdAttr.TIMEOUT_TCP, CmdAttr.TIMEOUT_TCP_FIN, CmdAttr.TIMEOUT_UDP]
    const [tcp = 0, tcpFin = 0, udp = 0] = types.map((type, index) => {
      const seconds = top.has(type) ? u32(top, type) : 0
      return seconds === 0 ? this.timeouts[index] : seconds
    })
    this.timeouts = [tcp, tcpFin, udp]
  }

  zero(top: Attributes): void {
    for (const service of top.has(CmdAttr.SERVICE) ? [this.need(top)] : this.services) {
      service.connections = 0n
    }
  }

  #checked(top: Attributes): Attributes {
    const attributes = nest(top, CmdAttr.SERVICE)
    const family = u16(attributes, SvcAttr.AF)
    if (family !== AF_INET && family !== AF_INET6) errno.refuse('EAFNOSUPPORT')
    if (FULL_SERVICE.some((type) => !attributes.has(type))) errno.refuse('EINVAL')
    const prefix = u32(attributes, SvcAttr.NETMASK)
    if (family === AF_INET6 && (prefix < 1 || prefix > 128)) errno.refuse('EINVAL')
    return attributes
  }

  #checkScheduler(attributes: Attributes): void {
    const name = Buffer.from(need(attributes, SvcAttr.SCHED_NAME)).toString('latin1').replace(/\0$/, '')
    if (!this.schedulers.has(name)) errno.refuse('ENOENT')
    if (attributes.has(SvcAttr.PE_NAME) && !this.schedulers.has('pe')) errno.refuse('ENOENT')
  }

  #destination(top: Attributes, full: boolean) {
    const service = this.need(top)
    const attributes = nest(top, CmdAttr.DEST)
    const own = u16(service.attributes, SvcAttr.AF)
    const family = attributes.has(DestAttr.ADDR_FAMILY) ? u16(attributes, DestAttr.ADDR_FAMILY) : own
    if (full) checkDestination(attributes, family === own)
    const wanted: FakeDestination = { attributes, family, connections: 0n }
    const at = service.destinations.findIndex((one) => identity(one) === identity(wanted))
    return { service, wanted, at }
  }
}

function checkDestination(attributes: Attributes, sameFamily: boolean): void {
  if (FULL_DESTINATION.some((type) => !attributes.has(type))) errno.refuse('EINVAL')
  if (u32(attributes, DestAttr.WEIGHT) > 0x7fffffff) errno.refuse('ERANGE')
  if (u32(attributes, DestAttr.L_THRESH) > u32(attributes, DestAttr.U_THRESH)) errno.refuse('ERANGE')
  if (!sameFamily && u32(attributes, DestAttr.FWD_METHOD) !== TUNNEL) errno.refuse('EINVAL')
  // Only unicast and local addresses: 0.0.0.0 and multicast stand for all the others here.
  const [first = 0] = need(attributes, DestAttr.ADDR)
  if (first === 0 || first >= 224) errno.refuse('EINVAL')
}

function serviceIdentity(attributes: Attributes): string {
  const family = u16(attributes, SvcAttr.AF)
  if (attributes.has(SvcAttr.FWMARK)) return `${family} mark ${u32(attributes, SvcAttr.FWMARK)}`
  const parts = [SvcAttr.PROTOCOL, SvcAttr.ADDR, SvcAttr.PORT].map((type) => hex(need(attributes, type)))
  return [family, ...parts].join(' ')
}

function identity({ attributes, family }: FakeDestination): string {
  return [family, ...[DestAttr.ADDR, DestAttr.PORT].map((type) => hex(need(attributes, type)))].join(' ')
}

function nest(top: Attributes, type: number): Attributes {
  return read(need(top, type))
}

/** The bytes of an attribute; EINVAL as the kernel answers where one is missing. */
export function need(attributes: Attributes, type: number): Uint8Array {
  return attributes.get(type) ?? errno.refuse('EINVAL')
}

function u16(attributes: Attributes, type: number): number {
  const bytes = need(attributes, type)
  return bytes.length === 2 ? viewOf(bytes).getUint16(0, LITTLE) : errno.refuse('EINVAL')
}

/** A number of four bytes; EINVAL for any other size, as its policy says. */
export function u32(attributes: Attributes, type: number): number {
  const bytes = need(attributes, type)
  return bytes.length === 4 ? viewOf(bytes).getUint32(0, LITTLE) : errno.refuse('EINVAL')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').padEnd(32, '0')
}
