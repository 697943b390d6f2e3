import { type AddressFamily, AttributeWriter, FamilyNumber, familyOf, parseAddress } from '@lvscare/netlink'
import { readAddress } from './address-codec.ts'
import type { AttributeSet } from './attribute-set.ts'
import { checkInteger } from './check.ts'
import { CmdAttr, IpProtocol, SvcAttr } from './constants.ts'
import { type NameTable, nameOf, numberOf } from './names.ts'
import type { AddressKey, FwmarkKey, ServiceKey, TransportProtocol } from './types.ts'

const PROTOCOLS: NameTable<TransportProtocol, 'ip'> = {
  what: 'protocol',
  prefix: 'ip',
  max: 0xffff,
  numbers: { tcp: IpProtocol.TCP, udp: IpProtocol.UDP, sctp: IpProtocol.SCTP },
}

/** True for a service that is named by a firewall mark. */
export function isFwmark(key: ServiceKey): key is FwmarkKey {
  return 'fwmark' in key
}

/** The address family of a service; throws RangeError for a text that is no address. */
export function serviceFamily(key: ServiceKey): AddressFamily {
  return isFwmark(key) ? key.family : parseAddress(key.address).family
}

/** Attributes that name a service, as DEL_SERVICE, GET_SERVICE, GET_DEST and ZERO take them; throws RangeError. */
export function encodeServiceKey(key: ServiceKey): Uint8Array {
  return new AttributeWriter().plainNested(CmdAttr.SERVICE, (nest) => writeServiceKey(nest, key)).finish()
}

/** Writes what names a service into its nest; throws RangeError on a value the kernel would misread. */
export function writeServiceKey(writer: AttributeWriter, key: ServiceKey): AttributeWriter {
  return isFwmark(key) ? writeFwmarkKey(writer, key) : writeAddressKey(writer, key)
}

/** Reads what names a service from its nest; throws DecodeError. */
export function readServiceKey(set: AttributeSet): ServiceKey {
  const af = set.need(SvcAttr.AF)
  const family = familyOf(af.u16(), af.path)
  const fwmark = set.get(SvcAttr.FWMARK)
  if (fwmark !== undefined) return { fwmark: fwmark.u32(), family }
  return {
    protocol: nameOf(PROTOCOLS, set.need(SvcAttr.PROTOCOL).u16()),
    address: readAddress(set.need(SvcAttr.ADDR), family),
    port: set.need(SvcAttr.PORT).be16(),
  }
}

/** A service as text for messages and logs, such as `TCP 10.103.97.2:6443` or `FWM 5 inet6`. */
export function formatService(key: ServiceKey): string {
  if (isFwmark(key)) return `FWM ${key.fwmark} ${key.family}`
  return `${key.protocol.toUpperCase()} ${formatEndpoint(key)}`
}

/** An address and port as text, such as `10.103.97.2:6443` or `[fd00::1]:6443`. */
export function formatEndpoint({
  address,
  port,
}: {
  readonly address: string
  readonly port: number
}): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function writeAddressKey(writer: AttributeWriter, key: AddressKey): AttributeWriter {
  const { family, bytes } = parseAddress(key.address)
  return writer
    .u16(SvcAttr.AF, FamilyNumber[family])
    .u16(SvcAttr.PROTOCOL, numberOf(PROTOCOLS, key.protocol))
    .bytes(SvcAttr.ADDR, bytes)
    .be16(SvcAttr.PORT, checkInteger('port', key.port, 0, 0xffff))
}

function writeFwmarkKey(writer: AttributeWriter, key: FwmarkKey): AttributeWriter {
  if (!Object.hasOwn(FamilyNumber, key.family)) {
    throw new RangeError(`family must be inet or inet6, not "${key.family}"`)
  }
  // The kernel takes mark 0 for "no mark" and would act on a service TCP 0.0.0.0:0.
  const fwmark = checkInteger('fwmark', key.fwmark, 1, 0xffffffff)
  return writer.u16(SvcAttr.AF, FamilyNumber[key.family]).u32(SvcAttr.FWMARK, fwmark)
}
