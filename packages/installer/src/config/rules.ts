import { X509Certificate } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { endpointText, parseEndpoint } from 'lvscare'
import { textRule } from './text-rule.ts'

// What a single text must be. Every function throws RangeError with the rule that the text breaks.

/** One part of a DNS name (RFC 1123), which Kubernetes also asks of the name of a container. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Image references as the registries define them: [HOST[:PORT]/]PATH[:TAG][@DIGEST]. */
const IMAGE =
  /^([\w.-]+(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@[a-z0-9]+:[\da-f]{32,})?$/

/** An address in its shortest form. */
export function addressRule(text: string): string {
  if (/^\[|^[\d.]+:/.test(text)) throw new RangeError('must be an address alone, such as 10.103.97.2')
  return parseEndpoint(endpointText(text, 1)).address
}

/** A server as the guard takes it; the port is added where there is none. What it is worth is for the guard to say. */
export function serverText(text: string, port: number): string {
  if (text.includes(',')) throw new RangeError('must be one server, IP or IP:PORT')
  if (/^\[[^\]]*\]$/.test(text)) return `${text}:${port}`
  const isWhole = text.startsWith('[') || text.split(':').length === 2
  return isWhole ? text : endpointText(text, port)
}

/** The name of a pod that is also the name of its container. */
export function labelRule(text: string): string {
  if (!LABEL.test(text))
    throw new RangeError('must be at most 63 lower-case letters, digits or dashes, with no dash at its ends')
  return text
}

/** A host name that may be in a certificate and in /etc/hosts. */
export function nameRule(text: string): string {
  const labels = text.split('.')
  if (text.length > 253 || !labels.every((label) => LABEL.test(label)))
    throw new RangeError('must be a host name of lower-case letters, digits, dashes and dots')
  if (/^\d+$/.test(labels.at(-1) ?? '')) throw new RangeError('must be a name, not an address')
  return text
}

/** A name or an address for a certificate; a name may begin with `*.`. */
export function sanRule(text: string): string {
  if (/^[\d.]+$|:/.test(text)) return addressRule(text)
  nameRule(text.replace(/^\*\./, ''))
  return text
}

/** A reference to an image, as a container runtime reads it. */
export function imageRule(text: string): string {
  if (text.length > 512 || !IMAGE.test(text))
    throw new RangeError('must be an image, such as ghcr.io/labring/lvscare:v1.1.3')
  return text
}

/** A path on the node. */
export function pathRule(text: string): string {
  const isPlain = [...text].every((letter) => letter >= ' ' && letter !== '\x7f')
  if (!text.startsWith('/') || !isPlain || text.split('/').includes('..'))
    throw new RangeError('must be an absolute path without ".."')
  return text
}

/** The path of a file that a pod gets from the node: mounts take no colon. */
export function mountRule(text: string): string {
  if (text.includes(':')) throw new RangeError('must have no colon, for it is mounted into the pod')
  return pathRule(text)
}

/** The text of a release; a number is none, because YAML takes 1.30 for 1.3. */
export function versionText(value: unknown): string {
  if (typeof value === 'number') throw new RangeError('must be text: write it in quotes, with a v in front')
  return textRule(value)
}

/** Ranges with a comma between them, one of each family at most, in their shortest form. */
export function subnetsRule(text: string): readonly string[] {
  const ranges = text.split(',').map((part) => rangeOf(part.trim()))
  const families = new Set(ranges.map((range) => range.includes(':')))
  if (families.size < ranges.length)
    throw new RangeError('must be one range, or one of each address family with a comma between them')
  return ranges
}

function rangeOf(text: string): string {
  const [, address, length] = /^([\d.]+|[\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? []
  if (address === undefined || !ipaddr.isValidCIDR(text))
    throw new RangeError('must be a range such as 10.96.0.0/22')
  const own = addressRule(address)
  const network = addressRule(networkOf(text))
  if (own !== network)
    throw new RangeError(`must begin with the address of its network: ${network}/${length}`)
  return `${network}/${Number(length)}`
}

function networkOf(range: string): string {
  const kind = range.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4
  return kind.networkAddressFromCIDR(range).toString()
}

/** The authorities of a cluster as PEM text. */
export function authoritiesRule(text: string): string {
  if (text.includes('PRIVATE KEY')) throw new RangeError('must have certificates only: it has a private key')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 || !blocks.every(isCertificate))
    throw new RangeError(
      'must be certificates as PEM text, such as the content of /etc/kubernetes/pki/ca.crt',
    )
  return text
}

/** The beginning of a text of many lines; no more, for it may be a key. */
export function shortened(value: unknown): unknown {
  return typeof value === 'string' && value.length > 30 ? `${value.slice(0, 30)}...` : value
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}
