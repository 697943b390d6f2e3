import type { X509Certificate } from 'node:crypto'
import { certificateInfo } from './certificate.ts'

/** What the server was asked to prove. */
export interface Wanted {
  /** The name or address that has to stand in the certificate. */
  readonly name: string
  /** Unix time in milliseconds. */
  readonly nowMs: number
}

/** A certificate that was not accepted; the sentence says whose, what is wrong with it, and what to do. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  /** OpenSSL's or Node's word for it, such as `CERT_HAS_EXPIRED`. */
  readonly code: string

  constructor(code: string, certificate: X509Certificate | undefined, wanted: Wanted) {
    super(
      certificate === undefined ? 'the server showed no certificate' : sentence(code, certificate, wanted),
    )
    this.code = code
  }
}

/** Codes that mean: nobody we know vouches for it. The last one: an authority of the same name has another key. */
const AUTHORITY_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
])

/** Which problem of a certificate a verification code tells of; `undefined` for any other code. */
export function certificateProblem(
  code: string,
): 'certificate-expired' | 'certificate-name' | 'certificate-authority' | 'certificate' | undefined {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'certificate-expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') return 'certificate-name'
  if (AUTHORITY_CODES.has(code)) return 'certificate-authority'
  return /^(CERT_|CRL_|UNABLE_TO_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_)/.test(code) ? 'certificate' : undefined
}

function sentence(code: string, certificate: X509Certificate, wanted: Wanted): string {
  const { subject, issuer, names } = certificateInfo(certificate)
  const whose = `the certificate of "${subject}"`
  switch (certificateProblem(code)) {
    case 'certificate-expired':
      return expired(whose, code, certificate, wanted)
    case 'certificate-name':
      return `${whose} is made out for ${names.join(', ') || 'nobody'}, not for ${wanted.name}: add that to it, or name one of these with --health-server-name`
    case 'certificate-authority':
      return `${whose} was issued by "${issuer}", whom nobody here vouches for: give that authority's certificate with --health-ca`
    default:
      return `${whose}, issued by "${issuer}", is not accepted (${code})`
  }
}

/** The code says that some certificate of the chain is out of its time; the server's own tells whether it is that. */
function expired(whose: string, code: string, certificate: X509Certificate, { nowMs }: Wanted): string {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (to < nowMs) return `${whose} ended on ${day(to)}: renew it on that server`
  if (from > nowMs)
    return `${whose} begins on ${day(from)}: look at the clocks of that server and of this node`
  const when = code === 'CERT_HAS_EXPIRED' ? 'has ended' : 'has not begun'
  return `an authority above ${whose} ${when}: renew the authority's certificate`
}

function day(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
