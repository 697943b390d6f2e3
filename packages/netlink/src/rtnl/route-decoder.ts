import { type AddressFamily, familyOf, formatAddress } from '../address.ts'
import { type Attribute, readAttributes } from '../attributes.ts'
import { DecodeError } from '../errors.ts'
import { RtAttr, RtSize } from './constants.ts'
import { formatPrefix } from './prefix.ts'
import type { Route } from './route.ts'
import { routeScope, routeType } from './words.ts'

type MutableRoute = { -readonly [Key in keyof Route]: Route[Key] }

/** Bytes before the address in `struct rtvia`: its family. */
const VIA_FAMILY_BYTES = 2

/** Reads the payload of an RTM_NEWROUTE: `struct rtmsg` and `RTA_*`; throws {@link DecodeError}. */
export function decodeRoute(payload: Uint8Array): Route {
  if (payload.length < RtSize.RTMSG) {
    throw new DecodeError('route', `${RtSize.RTMSG} bytes`, `${payload.length} bytes`)
  }
  const [number = 0, length = 0, , , table = 0, protocol = 0, scope = 0, type = 0] = payload
  const family = familyOf(number, 'route')
  const route: MutableRoute = {
    family,
    destination: formatPrefix(new Uint8Array(addressBytes(family)), length),
    table,
    type: routeType(type),
    scope: routeScope(scope),
    protocol,
  }
  for (const attribute of readAttributes(payload.subarray(RtSize.RTMSG), 'route')) {
    readInto(route, attribute, length)
  }
  return route
}

function readInto(route: MutableRoute, attribute: Attribute, length: number): void {
  const address = (): Uint8Array => attribute.bytes(addressBytes(route.family))
  switch (attribute.type) {
    case RtAttr.DST:
      route.destination = formatPrefix(address(), length)
      break
    case RtAttr.OIF:
      route.outputLink = attribute.u32()
      break
    case RtAttr.GATEWAY:
      route.gateway = formatAddress(address())
      break
    case RtAttr.VIA:
      route.gateway = formatAddress(attribute.payload.subarray(VIA_FAMILY_BYTES))
      break
    case RtAttr.PRIORITY:
      route.metric = attribute.u32()
      break
    case RtAttr.PREFSRC:
      route.preferredSource = formatAddress(address())
      break
    case RtAttr.TABLE:
      route.table = attribute.u32()
      break
    // A newer kernel may add attributes: not ours to refuse.
  }
}

function addressBytes(family: AddressFamily): 4 | 16 {
  return family === 'inet' ? 4 : 16
}
