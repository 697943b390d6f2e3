import type { X509Certificate } from 'node:crypto'

/** What a server showed of itself in a TLS handshake. */
export interface CertificateInfo {
  /** When it ends, in milliseconds of Unix time. */
  readonly expiresMs: number
  readonly subject: string
  readonly issuer: string
  /** The names and addresses it is made out for. */
  readonly names: readonly string[]
}

/** Longer texts and lists are somebody's mistake or malice, and would only be kept and shown. */
const MAX_TEXT = 200
const MAX_NAMES = 50

/** What is worth keeping of a certificate, `maxNames` at most: the object itself holds memory of OpenSSL. */
export function certificateInfo(certificate: X509Certificate, maxNames: number = MAX_NAMES): CertificateInfo {
  return {
    expiresMs: Date.parse(certificate.validTo),
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    names: alternativeNames(certificate.subjectAltName).slice(0, maxNames),
  }
}

/** `C=US\nCN=x` as `C=US, CN=x`; a certificate need not have any name at all. */
function nameText(lines: string | undefined): string {
  return (lines ?? '').replaceAll('\n', ', ').slice(0, MAX_TEXT)
}

/** Names and addresses of `DNS:kubernetes, IP Address:192.0.2.1, URI:...`; the other kinds name no host. */
function alternativeNames(text = ''): string[] {
  return text
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/s.exec(entry)?.[1]?.slice(0, MAX_TEXT) ?? [])
}
