import { describe, expect, it } from 'vitest'
import { deadReason, isClosedConnection, verdictOfFailure } from '../../src/probe/reason.ts'

function coded(code: string): Error {
  return Object.assign(new Error('x'), { code })
}

describe('deadReason', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['UND_ERR_SOCKET', 'reset'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'protocol'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-name'],
    ['EPROTO', 'tls'],
    ['CERT_HAS_EXPIRED', 'certificate-expired'],
    ['CERT_NOT_YET_VALID', 'certificate-expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-authority'],
    ['CERT_SIGNATURE_FAILURE', 'certificate-authority'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate-authority'],
    ['CERT_REVOKED', 'certificate'],
    ['CRL_HAS_EXPIRED', 'certificate'],
    ['INVALID_PURPOSE', 'certificate'],
    ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-authority'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-authority'],
    ['EPROTONOSUPPORT', 'error'],
  ])('of %s is %s', (code, reason) => {
    expect(deadReason(coded(code))).toBe(reason)
  })

  it('knows a timeout by its name, and anything else for an error', () => {
    expect(deadReason(new DOMException('x', 'TimeoutError'))).toBe('timeout')
    expect(deadReason(Object.assign(new Error('x'), { name: 'HTTPParserError' }))).toBe('protocol')
    expect([deadReason(new Error('x')), deadReason('x'), deadReason(undefined)]).toEqual([
      'error',
      'error',
      'error',
    ])
  })
})

describe('verdictOfFailure', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL', 'EADDRINUSE', 'EACCES', 'EPERM'])(
    'is inconclusive for %s: this node lacks something',
    (code) => {
      const error = Object.assign(new Error(`connect ${code}`), { code })
      const expected = { outcome: 'inconclusive', reason: 'local', detail: `connect ${code}`, ms: 3 }
      expect(verdictOfFailure(error, 3)).toEqual(expected)
    },
  )

  it('blames the server for anything else that came over the network', () => {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    const expected = { outcome: 'dead', reason: 'reset', detail: 'read ECONNRESET', ms: 3 }
    expect(verdictOfFailure(error, 3)).toEqual(expected)
  })

  it.each([
    new TypeError('x is not a function'),
    new RangeError('x'),
    coded('UND_ERR_INVALID_ARG'),
    coded('UND_ERR_NOT_SUPPORTED'),
  ])('blames no server for a mistake of ours: %s', (error) => {
    expect(verdictOfFailure(error, 3)).toEqual({
      outcome: 'inconclusive',
      reason: 'local',
      detail: `a mistake of lvscare, please report it: ${error.message}`,
      ms: 3,
    })
  })

  it('says what did not come in time', () => {
    const error = new DOMException('no answer within 7 ms', 'TimeoutError')
    const detail = (phase: 'connection' | 'TLS handshake') =>
      verdictOfFailure(error, 3, { phase, limitMs: 6.7 })
    expect(detail('connection')).toHaveProperty('detail', 'no connection within 7 ms')
    expect(detail('TLS handshake')).toHaveProperty('detail', 'no TLS handshake within 7 ms')
  })

  it('knows that a server which is closed by the client itself broke the protocol', () => {
    const error = Object.assign(new Error('bad upgrade'), { code: 'UND_ERR_SOCKET' })
    expect(verdictOfFailure(error, 3)).toMatchObject({ outcome: 'dead', reason: 'protocol' })
  })

  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /^the server may want a client certificate: .* \(x\)$/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /^the server does not accept the client certificate .* \(x\)$/],
  ])('knows what the server means by %s', (code, detail) => {
    expect(verdictOfFailure(coded(code), 3)).toMatchObject({
      reason: 'tls',
      detail: expect.stringMatching(detail),
    })
  })
})

describe('isClosedConnection', () => {
  it('is true for what a closed connection gives, and only for that', () => {
    expect(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].map((code) => isClosedConnection(coded(code)))).toEqual([
      true,
      true,
      true,
    ])
    expect(['ECONNREFUSED', 'ETIMEDOUT', 'EPROTO'].map((code) => isClosedConnection(coded(code)))).toEqual([
      false,
      false,
      false,
    ])
  })
})
