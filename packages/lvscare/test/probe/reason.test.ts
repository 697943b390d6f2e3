import { describe, expect, it } from 'vitest'
import { deadReason, isClosedConnection } from '../../src/probe/reason.ts'

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
    ['EADDRNOTAVAIL', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['EPROTO', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['EPROTONOSUPPORT', 'error'],
    ['EMFILE', 'error'],
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
