import { codeOf } from '../errors.ts'
import type { DeadReason } from '../health/verdict.ts'

const REASONS: Record<string, DeadReason> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
}

/** Errors without a code: undici looks up the one of its parser in a table that is the other way round. */
const NAMES: Record<string, DeadReason> = { TimeoutError: 'timeout', HTTPParserError: 'protocol' }

/** Codes of OpenSSL, of certificate verification and of Node's TLS have these shapes. */
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|EPROTO$|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/

/** Which kind of death an error of the HTTP client tells of. */
export function deadReason(error: unknown): DeadReason {
  const named = error instanceof Error ? NAMES[error.name] : undefined
  if (named !== undefined) return named
  const code = codeOf(error) ?? ''
  if (TLS_CODE.test(code)) return 'tls'
  if (code.startsWith('HPE_')) return 'protocol'
  return REASONS[code] ?? 'error'
}

/** True for the errors that a connection gives which the peer had closed before the request arrived. */
export function isClosedConnection(error: unknown): boolean {
  return deadReason(error) === 'reset'
}
