import { type AddressFamily, AttributeWriter, FamilyNumber, familyOf, parseAddress } from '@lvscare/netlink'
import { readAddress } from './address-codec.ts'
import { AttributeSet } from './attribute-set.ts'
import { checkInteger } from './check.ts'
import { CmdAttr, ConnFlag, DestAttr } from './constants.ts'
import { type NameTable, nameOf, numberOf } from './names.ts'
import { serviceFamily, writeServiceKey } from './service-key.ts'
import { withStats } from './stats-codec.ts'
import { readTunnel, sameTunnel, writeTunnel } from './tunnel-codec.ts'
import type {
  Destination,
  DestinationEntry,
  DestinationKey,
  ForwardingMethod,
  NewDestination,
  ServiceKey,
} from './types.ts'

const METHODS: NameTable<ForwardingMethod, 'method'> = {
  what: 'forward',
  prefix: 'method',
  max: ConnFlag.FWD_MASK,
  numbers: {
    masq: ConnFlag.MASQ,
    local: ConnFlag.LOCALNODE,
    tunnel: ConnFlag.TUNNEL,
    droute: ConnFlag.DROUTE,
    bypass: ConnFlag.BYPASS,
  },
}

/** As ipvsadm: the kernel would take more, but other tools would not show it. */
const MAX_WEIGHT = 0xffff

/** Linux 6.12 refuses more than half of it, older ones take and give back all of it. */
const MAX_THRESHOLD = 0xffffffff

/** The destination with every default filled in. */
export function completeDestination(destination: NewDestination): Destination {
  return { forward: 'masq', weight: 1, upperThreshold: 0, lowerThreshold: 0, ...destination }
}

/** True when a SET would change nothing: the same method, weight, thresholds and tunnel, whatever the key. */
export function sameDestination(a: NewDestination, b: NewDestination): boolean {
  const [left, right] = [completeDestination(a), completeDestination(b)]
  return (
    left.forward === right.forward &&
    left.weight === right.weight &&
    left.upperThreshold === right.upperThreshold &&
    left.lowerThreshold === right.lowerThreshold &&
    (left.forward !== 'tunnel' || sameTunnel(left.tunnel, right.tunnel))
  )
}

/** Attributes of DEL_DEST: what names the service and the destination; throws RangeError. */
export function encodeDestinationKey(service: ServiceKey, key: DestinationKey): Uint8Array {
  return encode(service, (nest) => writeFamily(writeKey(nest, key), key))
}

/** Attributes of NEW_DEST and SET_DEST; throws RangeError that names the value and the rule it breaks. */
export function encodeDestination(service: ServiceKey, destination: NewDestination): Uint8Array {
  const whole = completeDestination(destination)
  checkMethod(service, whole)
  return encode(service, (nest) => {
    writeSettings(writeKey(nest, whole), whole)
    writeFamily(nest, whole)
    if (whole.tunnel !== undefined) writeTunnel(nest, whole.tunnel)
  })
}

/**
 * Reads key and settings of a destination from a message's attributes; throws DecodeError.
 *
 * The family of the service stands in where the kernel does not send the destination's own (before Linux 3.18).
 */
export function decodeDestination(attributes: Uint8Array, family: AddressFamily): Destination {
  return readDestination(AttributeSet.read(attributes, 'message').nest(CmdAttr.DEST, 'destination'), family)
}

/** Reads an answer to GET_DEST; see {@link decodeDestination}. */
export function decodeDestinationEntry(attributes: Uint8Array, family: AddressFamily): DestinationEntry {
  const set = AttributeSet.read(attributes, 'message').nest(CmdAttr.DEST, 'destination')
  return withStats(
    Object.assign(readDestination(set, family), {
      activeConnections: set.need(DestAttr.ACTIVE_CONNS).u32(),
      inactiveConnections: set.need(DestAttr.INACT_CONNS).u32(),
      persistentConnections: set.need(DestAttr.PERSIST_CONNS).u32(),
    }),
    set,
    DestAttr,
  )
}

function encode(service: ServiceKey, fill: (nest: AttributeWriter) => void): Uint8Array {
  return new AttributeWriter()
    .plainNested(CmdAttr.SERVICE, (nest) => writeServiceKey(nest, service))
    .plainNested(CmdAttr.DEST, fill)
    .finish()
}

function writeKey(writer: AttributeWriter, key: DestinationKey): AttributeWriter {
  return writer
    .bytes(DestAttr.ADDR, parseAddress(key.address).bytes)
    .be16(DestAttr.PORT, checkInteger('port', key.port, 0, 0xffff))
}

function writeSettings(writer: AttributeWriter, destination: Destination): AttributeWriter {
  const { weight, upperThreshold, lowerThreshold } = destination
  checkInteger('upperThreshold', upperThreshold, 0, MAX_THRESHOLD)
  // 32 bits wide although its values fit in three: two bytes would be refused.
  return writer
    .u32(DestAttr.FWD_METHOD, numberOf(METHODS, destination.forward))
    .u32(DestAttr.WEIGHT, checkInteger('weight', weight, 0, MAX_WEIGHT))
    .u32(DestAttr.U_THRESH, upperThreshold)
    .u32(DestAttr.L_THRESH, checkInteger('lowerThreshold', lowerThreshold, 0, upperThreshold))
}

function writeFamily(writer: AttributeWriter, key: DestinationKey): AttributeWriter {
  return writer.u16(DestAttr.ADDR_FAMILY, FamilyNumber[parseAddress(key.address).family])
}

/** What needs a tunnel, and what a tunnel needs. */
function checkMethod(service: ServiceKey, destination: Destination): void {
  const { forward, tunnel } = destination
  if (forward === 'tunnel') return
  if (tunnel !== undefined)
    throw new RangeError(`forward must be tunnel, not ${forward}, where a tunnel is given`)
  if (parseAddress(destination.address).family === serviceFamily(service)) return
  throw new RangeError(
    `forward must be tunnel, not ${forward}, where service and destination differ in address family`,
  )
}

function readDestination(set: AttributeSet, serviceFamily: AddressFamily): Destination {
  const af = set.get(DestAttr.ADDR_FAMILY)
  const number = af?.u16() ?? 0
  const family = number === 0 ? serviceFamily : familyOf(number, af?.path ?? 'destination')
  const forward = nameOf(METHODS, set.need(DestAttr.FWD_METHOD).u32() & ConnFlag.FWD_MASK)
  const destination = {
    address: readAddress(set.need(DestAttr.ADDR), family),
    port: set.need(DestAttr.PORT).be16(),
    forward,
    weight: set.need(DestAttr.WEIGHT).u32(),
    upperThreshold: set.need(DestAttr.U_THRESH).u32(),
    lowerThreshold: set.need(DestAttr.L_THRESH).u32(),
  }
  return forward === 'tunnel' ? { ...destination, tunnel: readTunnel(set) } : destination
}
