import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { type CertificateInfo, certificateInfo, endpointText, withDeadline } from 'lvscare'
import { doing } from './failure.ts'
import type { NodeHost } from './host.ts'
import { getOver } from './http.ts'

/** Whom to ask, and for what. */
export interface ContactOptions {
  readonly address: string
  readonly port: number
  readonly path: string
  /** The name to ask for in the handshake. @default none: an address cannot be one */
  readonly servername?: string
  /** The authorities that the certificate must come from (PEM). */
  readonly ca?: string
  /** For all of it, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** What a server showed in the handshake; addresses among the names are in their shortest form. */
export interface ContactCertificate extends CertificateInfo {
  /** SHA-256 of the whole certificate, as `AB:CD:...`. */
  readonly fingerprint: string
}

/** What came of asking. */
export interface Contact {
  /** Status of HTTP. */
  readonly status: number
  readonly body: string
  readonly certificate: ContactCertificate
  /** The chain leads to the authorities that were given, and nothing has expired. The names are not looked at. */
  readonly authorized: boolean
  /** Why it is not authorized, in OpenSSL's words. */
  readonly authorizationError: string | undefined
}

/** A certificate for a large cluster has hundreds; more are malice. */
const MAX_NAMES = 10_000

/** GETs a path over HTTPS from the node; whatever certificate comes is taken, and told. Rejects with HostError. */
export async function contact(host: NodeHost, options: ContactOptions): Promise<Contact> {
  const { address, port, path, timeoutMs } = options
  // One for each call: listeners of all that are under way would gather on one that everybody shares.
  const signal = options.signal ?? new AbortController().signal
  const text = endpointText(address, port)
  return await doing(host.name, `ask https://${text}${path}`, () =>
    withDeadline(signal, timeoutMs, async (within) => {
      const stream = await host.connect(address, port, { timeoutMs, signal: within })
      const socket = await handshake(stream, options, within)
      const { authorized, authorizationError } = socket
      const seen = socket.getPeerX509Certificate()
      if (seen === undefined) throw new Error('there is no certificate')
      const certificate = certificateOf(seen)
      const answer = await getOver(socket, { path, host: text, signal: within })
      const why = authorized ? undefined : String(authorizationError)
      return { ...answer, certificate, authorized, authorizationError: why }
    }),
  )
}

/** Destroys the stream when it fails. */
function handshake(
  stream: Duplex,
  { servername, ca }: ContactOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: stream,
      rejectUnauthorized: false,
      // For who gives no authorities, those of the operating system have nothing to say about a cluster.
      ca: ca ?? [],
      checkServerIdentity: () => undefined,
      ...(servername === undefined || isIP(servername) !== 0 ? {} : { servername }),
    })
    const fail = (error: Error): void => {
      stream.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(new Error('no handshake in time', { cause: signal.reason }))
    signal.addEventListener('abort', onAbort, { once: true })
    // Also for what comes after the handshake: who asks over the socket hears of it too.
    socket.on('error', fail)
    stream.on('error', fail)
    socket.once('close', () => fail(new Error('the connection was closed in the handshake')))
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
  })
}

function certificateOf(certificate: X509Certificate): ContactCertificate {
  const info = certificateInfo(certificate, MAX_NAMES)
  const names = info.names.map((name) => (isIP(name) === 0 ? name : ipaddr.parse(name).toString()))
  return { ...info, names, fingerprint: certificate.fingerprint256 }
}
