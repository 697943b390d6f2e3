import { createHash, createHmac, timingSafeEqual, X509Certificate } from 'node:crypto'
import { type Endpoint, endpointText } from 'lvscare'
import { parse } from 'yaml'
import { CheckError, HostError } from '../errors.ts'
import { type Contact, contact } from './contact.ts'
import type { NodeHost } from './host.ts'

/** Where kubeadm publishes how to join; anonymous users may read it. */
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info'

/** How a cluster is recognised. */
export interface DiscoveryOptions {
  /** Pins of `--discovery-token-ca-cert-hash`: `sha256:` and 64 hex digits. */
  readonly caCertHashes: readonly string[]
  /** `ID.SECRET`: with it the signature of the document is checked too. */
  readonly token?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/**
 * The authorities of a cluster (PEM), found as `kubeadm join` finds them: asked for anonymously, and taken only when the
 * public key has one of the pinned hashes; then asked for again, with that authority for the connection.
 *
 * Throws HostError when the document cannot be had, CheckError when it is not of the cluster that is meant.
 */
export async function discoverCa(
  host: NodeHost,
  endpoint: Pick<Endpoint, 'address' | 'port'>,
  options: DiscoveryOptions,
): Promise<string> {
  const { address, port } = endpoint
  const { caCertHashes, timeoutMs, signal, token } = options
  const ask = async (ca?: string): Promise<Contact> => {
    const limits = {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(ca === undefined ? {} : { ca }),
    }
    return await contact(host, { address, port, path: CLUSTER_INFO, ...limits })
  }
  const text = endpointText(address, port)
  const published = authoritiesIn(readDocument(await ask(), text, token), text)
  // What is not pinned is left out, also where it stands beside what is: nobody but the pin vouches for it.
  const pinned = published.filter((one) => caCertHashes.map(lowerCase).includes(publicKeyPin(one)))
  if (pinned.length === 0) {
    const shown = published.map(publicKeyPin).join(', ')
    throw new CheckError(
      `${host.name}: the cluster behind ${text} is another one: its authority has the hash ${shown}, not ${caCertHashes.join(', ')}`,
    )
  }
  const ca = pinned.map((one) => one.toString()).join('')
  const again = await ask(ca)
  if (!again.authorized) {
    throw new CheckError(
      `${host.name}: the server behind ${text} does not have a certificate of the authority that it shows (${again.authorizationError})`,
    )
  }
  readDocument(again, text, token)
  return ca
}

/** The pin of a public key (RFC 7469), as kubeadm writes it: `sha256:` and the hash of SubjectPublicKeyInfo in hex. */
export function publicKeyPin({ publicKey }: X509Certificate): string {
  const info = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(info).digest('hex')}`
}

function lowerCase(text: string): string {
  return text.toLowerCase()
}

/** The kubeconfig in the answer; its signature is checked when there is a token. */
function readDocument({ status, body }: Contact, from: string, token: string | undefined): string {
  if (status === 401 || status === 403) {
    throw new HostError(
      `${from} does not show kube-public/cluster-info to anonymous users (status ${status}): allow it, or give the authority (ca)`,
    )
  }
  if (status !== 200) throw new HostError(`${from} has no kube-public/cluster-info (status ${status})`)
  const data = field(parseJson(body, from), 'data')
  const kubeconfig = field(data, 'kubeconfig')
  if (typeof kubeconfig !== 'string') throw new HostError(`${from}: cluster-info has no kubeconfig`)
  if (token !== undefined) checkSignature(kubeconfig, data, token, from)
  return kubeconfig
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HostError(`${from}: cluster-info is not JSON`, { cause: error })
  }
}

/** `undefined` for what is no object, or has no such field of its own. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** A detached JWS (RFC 7515, appendix F) with HS256 and the secret of the token, as the bootstrap signer makes it. */
function checkSignature(kubeconfig: string, data: unknown, token: string, from: string): void {
  const [id = '', secret = ''] = token.split('.')
  const jws = field(data, `jws-kubeconfig-${id}`)
  if (typeof jws !== 'string') {
    throw new CheckError(
      `${from}: cluster-info is not signed for the token ${id}: it has expired, or is of another cluster`,
    )
  }
  const [header = '', content, signature = ''] = jws.split('.')
  const signed = `${header}.${Buffer.from(kubeconfig).toString('base64url')}`
  const wanted = createHmac('sha256', secret).update(signed).digest()
  const given = Buffer.from(signature, 'base64url')
  const isRight = content === '' && given.length === wanted.length && timingSafeEqual(given, wanted)
  if (!isRight) throw new CheckError(`${from}: the signature of cluster-info is not from the token ${id}`)
}

/** The authorities in a kubeconfig with one cluster. */
function authoritiesIn(kubeconfig: string, from: string): X509Certificate[] {
  try {
    const clusters = field(parse(kubeconfig, { maxAliasCount: 0 }), 'clusters')
    const [first] = Array.isArray(clusters) ? clusters : []
    const base64 = field(field(first, 'cluster'), 'certificate-authority-data')
    if (typeof base64 !== 'string') throw new Error('there is no certificate-authority-data')
    const pem = Buffer.from(base64, 'base64').toString('latin1')
    const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    if (found.length === 0) throw new Error('there is no certificate')
    return found.map((one) => new X509Certificate(one))
  } catch (error) {
    throw new HostError(`${from}: the authority in cluster-info cannot be read`, { cause: error })
  }
}
