import { codeOf, messageOf } from '../errors.ts'
import type { DeadReason, Verdict } from '../health/verdict.ts'
import { CertificateError, certificateProblem } from './certificate-error.ts'
import type { Phase } from './connector.ts'

const REASONS: Record<string, DeadReason> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
}

/** Errors without a code: undici looks up the one of its parser in a table that is the other way round. */
const NAMES: Record<string, DeadReason> = { TimeoutError: 'timeout', HTTPParserError: 'protocol' }

/** What undici says when it closes the connection itself, because of what came over it. */
const MISBEHAVED = /^bad (response|upgrade)$/

/** Codes of OpenSSL and of Node's TLS have these shapes. */
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/

/**
 * What this node itself lacks: descriptors, memory, ports, or the permission of its own firewall or routes to send. It
 * is the same for every server, and says nothing about any.
 */
const SHORTAGES = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EAGAIN',
  'EACCES',
  'EPERM',
])

/** The server has not looked at the question, and says so. */
const UNPROCESSED = new Set(['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_REFUSED_STREAM'])

/** Mistakes of ours: no server is to blame. */
const OURS = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'])

/** How far a probe had come when it failed. */
export interface Progress {
  readonly phase: Phase
  readonly limitMs: number
}

/**
 * The verdict on a server that did not answer as it should.
 *
 * A mistake of ours is an error in the log and no verdict: one strange answer must not end the guard of all servers.
 */
export function verdictOfFailure(error: unknown, ms: number, progress?: Progress): Verdict {
  const code = codeOf(error) ?? ''
  if (OURS.has(code) || isProgrammingError(error)) {
    const mistake = `a mistake of lvscare, please report it: ${messageOf(error)}`
    return { outcome: 'inconclusive', reason: 'local', detail: mistake, ms }
  }
  const detail = detailOf(error, progress)
  if (SHORTAGES.has(code)) return { outcome: 'inconclusive', reason: 'local', detail, ms }
  return { outcome: 'dead', reason: deadReason(error), detail, ms }
}

/** Which kind of death an error of the HTTP client tells of. */
export function deadReason(error: unknown): DeadReason {
  if (!(error instanceof Error)) return 'error'
  const named = NAMES[error.name]
  if (named !== undefined) return named
  const code = codeOf(error) ?? ''
  const problem = certificateProblem(code)
  if (problem !== undefined) return problem
  if (error instanceof CertificateError) return 'certificate'
  if (code === 'UND_ERR_SOCKET' && MISBEHAVED.test(error.message)) return 'protocol'
  if (TLS_CODE.test(code)) return 'tls'
  if (code.startsWith('HPE_') || code.startsWith('ERR_HTTP2_')) return 'protocol'
  return REASONS[code] ?? 'error'
}

/** True for the errors that a connection gives which the peer had closed, or given up, before the request arrived. */
export function isClosedConnection(error: unknown): boolean {
  return deadReason(error) === 'reset' || UNPROCESSED.has(codeOf(error) ?? '')
}

function isProgrammingError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
}

function detailOf(error: unknown, progress: Progress | undefined): string {
  if (progress !== undefined && error instanceof Error && error.name === 'TimeoutError') {
    return `no ${progress.phase} within ${Math.round(progress.limitMs)} ms`
  }
  const advice = ADVICE.find(([pattern]) => pattern.test(codeOf(error) ?? ''))?.[1]
  return advice === undefined ? messageOf(error) : `${advice} (${messageOf(error)})`
}

/** What a server says of the client's certificate, in the alerts of TLS. */
const ADVICE: readonly (readonly [code: RegExp, advice: string])[] = [
  [
    /ALERT_CERTIFICATE_REQUIRED$|ALERT_HANDSHAKE_FAILURE$/,
    'the server may want a client certificate: give it with --health-cert and --health-key',
  ],
  [
    /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/,
    'the server does not accept the client certificate of --health-cert',
  ],
]
