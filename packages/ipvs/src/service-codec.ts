import {
  type AddressFamily,
  type Attribute,
  AttributeWriter,
  formatAddress,
  getU32,
  parseAddress,
  putU32,
} from '@lvscare/netlink'
import { AttributeSet } from './attribute-set.ts'
import { checkInteger, checkName } from './check.ts'
import { CmdAttr, NameLimit, SvcAttr, SvcFlag } from './constants.ts'
import { type FlagTable, flagBits, flagNames } from './names.ts'
import { readServiceKey, serviceFamily, writeServiceKey } from './service-key.ts'
import { withStats } from './stats-codec.ts'
import type { NewService, Service, ServiceEntry, ServiceFlag, ServiceSettings } from './types.ts'

const FLAGS: FlagTable<ServiceFlag> = {
  what: 'flag',
  bits: {
    persistent: SvcFlag.PERSISTENT,
    onepacket: SvcFlag.ONEPACKET,
    sched1: SvcFlag.SCHED1,
    sched2: SvcFlag.SCHED2,
    sched3: SvcFlag.SCHED3,
  },
}

/** Every bit of `struct ip_vs_flags` is meant: flags that are not named are cleared. */
const ALL_FLAGS = 0xffffffff

/** 31 days as in ipvsadm: the kernel multiplies by HZ in 32 bits and does not look whether it fits. */
const MAX_PERSISTENCE_SECONDS = 31 * 24 * 3600

const FULL_MASK: Readonly<Record<AddressFamily, string>> = { inet: '255.255.255.255', inet6: '128' }

/** The service with every default filled in; throws RangeError for a bad address or flag. */
export function completeService(service: NewService): Service {
  return {
    ...service,
    flags: flagNames(FLAGS, flagBits(FLAGS, service.flags ?? [])),
    persistenceTimeout: service.persistenceTimeout ?? 0,
    netmask: service.netmask ?? FULL_MASK[serviceFamily(service)],
  }
}

/** True when a SET would change nothing: the same scheduler, flags, timeout, mask and engine, whatever the key. */
export function sameService(a: NewService, b: NewService): boolean {
  const [left, right] = [completeService(a), completeService(b)]
  return (
    left.scheduler === right.scheduler &&
    left.flags.join() === right.flags.join() &&
    left.persistenceTimeout === right.persistenceTimeout &&
    left.netmask === right.netmask &&
    left.peName === right.peName
  )
}

/** Attributes of NEW_SERVICE and SET_SERVICE; throws RangeError that names the value and the rule it breaks. */
export function encodeService(service: NewService): Uint8Array {
  const whole = completeService(service)
  return new AttributeWriter()
    .plainNested(CmdAttr.SERVICE, (nest) => writeSettings(writeServiceKey(nest, whole), whole))
    .finish()
}

/** Reads the key and settings of a service from a message's attributes; throws DecodeError. */
export function decodeService(attributes: Uint8Array): Service {
  return readService(AttributeSet.read(attributes, 'message').nest(CmdAttr.SERVICE, 'service'))
}

/** Reads an answer to GET_SERVICE; throws DecodeError. */
export function decodeServiceEntry(attributes: Uint8Array): ServiceEntry {
  const set = AttributeSet.read(attributes, 'message').nest(CmdAttr.SERVICE, 'service')
  return withStats(readService(set), set, SvcAttr)
}

function writeSettings(writer: AttributeWriter, service: Service): void {
  const { scheduler, persistenceTimeout, peName } = service
  writer
    .text(SvcAttr.SCHED_NAME, checkName('scheduler', scheduler, NameLimit.SCHEDNAME_MAXLEN - 1))
    .bytes(SvcAttr.FLAGS, flagWords(service.flags))
    .u32(SvcAttr.TIMEOUT, checkInteger('persistenceTimeout', persistenceTimeout, 0, MAX_PERSISTENCE_SECONDS))
  writeNetmask(writer, service.netmask, serviceFamily(service))
  if (peName !== undefined) writer.text(SvcAttr.PE_NAME, checkName('peName', peName, NameLimit.PENAME_MAXLEN))
}

function readService(set: AttributeSet): Service {
  const key = readServiceKey(set)
  const settings: Mutable<ServiceSettings> = {
    scheduler: set.need(SvcAttr.SCHED_NAME).text(),
    flags: flagNames(FLAGS, getU32(set.need(SvcAttr.FLAGS).bytes(8), 0)),
    persistenceTimeout: set.need(SvcAttr.TIMEOUT).u32(),
    netmask: readNetmask(set.need(SvcAttr.NETMASK), serviceFamily(key)),
  }
  const peName = set.get(SvcAttr.PE_NAME)
  if (peName !== undefined) settings.peName = peName.text()
  return Object.assign(key, settings)
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** `struct ip_vs_flags`: the flags, then the mask of those that are meant, both in host byte order. */
function flagWords(flags: readonly ServiceFlag[]): Uint8Array {
  const words = new Uint8Array(8)
  putU32(words, 0, flagBits(FLAGS, flags))
  putU32(words, 4, ALL_FLAGS)
  return words
}

/** For IPv4 a mask in network byte order, for IPv6 a prefix length in host byte order: the same attribute. */
function writeNetmask(writer: AttributeWriter, netmask: string, family: AddressFamily): void {
  if (family === 'inet') {
    const mask = parseAddress(netmask)
    if (mask.family !== 'inet') throw new RangeError(`netmask must be an IPv4 mask, not "${netmask}"`)
    writer.bytes(SvcAttr.NETMASK, mask.bytes)
  } else {
    const length = /^\d+$/.test(netmask) ? Number(netmask) : Number.NaN
    writer.u32(SvcAttr.NETMASK, checkInteger(`netmask "${netmask}" as a prefix length`, length, 1, 128))
  }
}

function readNetmask(attribute: Attribute, family: AddressFamily): string {
  return family === 'inet' ? formatAddress(attribute.bytes(4)) : String(attribute.u32())
}
