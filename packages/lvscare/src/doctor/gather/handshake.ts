import type { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../endpoint.ts'
import { certificateInfo } from '../../probe/certificate.ts'
import { sourceBeside } from '../../probe/source.ts'
import type { TlsTrust } from '../../probe/trust.ts'
import type { ShownCertificate } from '../facts.ts'

/** What a handshake is made for. */
export interface HandshakeOptions {
  readonly trust: TlsTrust
  /** Whether to say what the authorities in `trust` think of it. */
  readonly checkAuthority: boolean
  /** Addresses the certificate should be valid for. */
  readonly addresses: readonly string[]
  readonly timeoutMs: number
}

/** Shakes hands and hangs up: the certificate of a server, whatever its health check says. */
export function handshake({ address, port }: Endpoint, options: HandshakeOptions): Promise<ShownCertificate> {
  const { context, serverName } = options.trust
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      ...sourceBeside(address),
      secureContext: context,
      rejectUnauthorized: false,
      // Names are compared one by one below.
      checkServerIdentity: () => undefined,
      ...(serverName === undefined ? {} : { servername: serverName }),
    })
    const timer = setTimeout(
      () => socket.destroy(new Error(`no TLS handshake within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    )
    socket.on('error', reject).on('close', () => {
      clearTimeout(timer)
      reject(new Error('the connection was closed before the TLS handshake was over'))
    })
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined) socket.destroy(new Error('the server showed no certificate'))
      else resolve(shown(certificate, socket, options))
      socket.destroy()
    })
  })
}

function shown(
  certificate: X509Certificate,
  socket: TLSSocket,
  { checkAuthority, addresses }: HandshakeOptions,
): ShownCertificate {
  const info = certificateInfo(certificate)
  const refusal = socket.authorized ? undefined : String(socket.authorizationError)
  const isDistrusted = checkAuthority && refusal !== undefined && !OUT_OF_TIME.has(refusal)
  return {
    ...info,
    beginsMs: Date.parse(certificate.validFrom),
    covers: addresses.filter((address) => certificate.checkIP(address) !== undefined),
    distrust: isDistrusted ? `it was issued by "${info.issuer}" (${refusal})` : undefined,
  }
}

/** Said by the dates of the certificate itself. */
const OUT_OF_TIME = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
