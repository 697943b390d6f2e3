import { type AddressFamily, formatAddress, parseAddress } from '@lvscare/netlink'
import { endpointText } from './endpoint-text.ts'

export { endpointText } from './endpoint-text.ts'

/** One end of a TCP connection, written `192.0.2.1:6443` or `[2001:db8::1]:6443`. */
export interface Endpoint {
  readonly family: AddressFamily
  /** The address in its shortest form, so that equal endpoints have equal texts. */
  readonly address: string
  readonly port: number
  /** The whole endpoint as text: its identity in logs, metrics and maps. */
  readonly text: string
}

/** Reads an endpoint; throws RangeError with the rule that the text breaks. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:[\]]*)):(?<port>[^:]*)$/.exec(text)
  if (match?.groups === undefined) throw new RangeError(shapeRule(text))
  const { v4, v6, port = '' } = match.groups
  const { family, bytes } = parseHost(v6 ?? v4 ?? '')
  if ((family === 'inet6') !== (v6 !== undefined))
    throw new RangeError('brackets are for IPv6 only: write ADDRESS:PORT')
  return endpoint(formatAddress(bytes), family, parsePort(port))
}

/** An endpoint of parts that are known to be right, such as what the kernel reports. */
export function endpoint(address: string, family: AddressFamily, port: number): Endpoint {
  return { family, address, port, text: endpointText(address, port) }
}

/** 1 to 65535 in plain decimal digits; throws RangeError. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) {
    throw new RangeError(`the port must be a number from 1 to 65535, not "${text}"`)
  }
  return port
}

function parseHost(host: string): ReturnType<typeof parseAddress> {
  try {
    return parseAddress(host)
  } catch {
    throw new RangeError(
      `"${host}" is not an IP address: host names are not resolved, because DNS may need this very path`,
    )
  }
}

function shapeRule(text: string): string {
  if (/^\[.*\]$/.test(text)) return 'the port is missing: write [ADDRESS]:PORT'
  const colons = text.split(':').length - 1
  if (colons > 1) return 'an IPv6 address needs brackets: [ADDRESS]:PORT'
  return 'the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443'
}
