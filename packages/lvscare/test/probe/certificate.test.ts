import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Authority, type Certified } from '../../../../test/lab/authority.ts'
import { certificateInfo } from '../../src/probe/certificate.ts'
import { CertificateError, certificateProblem } from '../../src/probe/certificate-error.ts'

function issued(certified: Certified): X509Certificate {
  const authority = new Authority('/O=cluster/CN=root')
  try {
    return new X509Certificate(authority.issue(certified).cert)
  } finally {
    authority.close()
  }
}

describe('certificateInfo', () => {
  it('keeps the end, who it is, who vouches, and the names of hosts', () => {
    const names = ['DNS:a.example', 'DNS:*.b.example', 'URI:spiffe://x', 'IP:192.0.2.1', 'IP:2001:db8::1']
    const info = certificateInfo(issued({ subject: '/O=masters/CN=api', names, ends: 7 }))
    expect(info).toEqual({
      expiresMs: expect.any(Number),
      subject: 'CN=api',
      issuer: 'O=cluster, CN=root',
      names: ['a.example', '*.b.example', '192.0.2.1', '2001:DB8:0:0:0:0:0:1'],
    })
    expect(Math.round((info.expiresMs - Date.now()) / 86_400_000)).toBe(7)
  })

  it('keeps little of a certificate that says too much', () => {
    const names = Array.from({ length: 300 }, (_, n) => `DNS:${'x'.repeat(50)}.${n}`)
    const info = certificateInfo(issued({ names }))
    expect(info.names).toHaveLength(50)
  })

  it('does with a certificate that says nothing', () => {
    const info = certificateInfo(issued({ names: [] }))
    expect(info.names).toEqual([])
  })
})

describe('CertificateError', () => {
  const wanted = { name: '192.0.2.1', nowMs: Date.now() }

  it('tells whether the certificate itself has ended or one above it', () => {
    const good = issued({ ends: 5 })
    expect(new CertificateError('CERT_HAS_EXPIRED', good, wanted).message).toBe(
      'an authority above the certificate of "CN=kube-apiserver" has ended: renew the authority\'s certificate',
    )
    expect(new CertificateError('CERT_NOT_YET_VALID', good, wanted).message).toContain('has not begun')
    const later = { ...wanted, nowMs: wanted.nowMs + 6 * 86_400_000 }
    expect(new CertificateError('CERT_HAS_EXPIRED', good, later).message).toContain('ended on')
  })

  it('says the code of any other problem', () => {
    const error = new CertificateError('CERT_REVOKED', issued({}), wanted)
    expect([error.code, error.message]).toEqual([
      'CERT_REVOKED',
      'the certificate of "CN=kube-apiserver", issued by "O=cluster, CN=root", is not accepted (CERT_REVOKED)',
    ])
  })

  it('says so when there is none', () => {
    expect(new CertificateError('UNSPECIFIED', undefined, wanted).message).toBe(
      'the server showed no certificate',
    )
  })
})

describe('certificateProblem', () => {
  it('knows nothing of other codes', () => {
    for (const code of ['ECONNRESET', 'ERR_SSL_X', 'EPROTO', '', 'CERTAIN'])
      expect(certificateProblem(code)).toBeUndefined()
  })
})
