import type { ClientHttp2Stream } from 'node:http2'
import { codeOf, messageOf } from '../errors.ts'
import { closedError } from './connector.ts'

/** Error codes of HTTP/2 by number (RFC 9113, section 7). */
const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** What is known of a session when one of its streams fails. */
export interface SessionEnd {
  /** The code of the server's GOAWAY, if it has sent one. */
  readonly goaway: number | undefined
  /** What ended the socket, `undefined` while it is open; no error: a FIN. */
  readonly socket: { readonly error: Error | null } | undefined
}

/** The error of a stream that brought no answer, so that its code tells what became of it. */
export function streamFailure(
  { rstCode }: Pick<ClientHttp2Stream, 'rstCode'>,
  error: Error | undefined,
  { goaway, socket }: SessionEnd,
): Error {
  if (goaway !== undefined)
    return failure('ERR_HTTP2_GOAWAY_SESSION', `the server ended the HTTP/2 session (${codeName(goaway)})`)
  if (codeOf(error) === 'ERR_HTTP2_ERROR')
    return failure('ERR_HTTP2_ERROR', `what the server sends is not HTTP/2 (${messageOf(error)})`)
  // Node's own word for a stream that a peer or its own limits have ended says less than the code does.
  if (error !== undefined && !codeOf(error)?.startsWith('ERR_HTTP2_')) return error
  if (socket !== undefined) return socket.error ?? closedError()
  const code = codeName(rstCode ?? 0)
  return failure(
    code === 'REFUSED_STREAM' ? 'ERR_HTTP2_REFUSED_STREAM' : 'ERR_HTTP2_STREAM_ERROR',
    `the answer was broken off (${code})`,
  )
}

/** The error of an answer whose headers nobody will read. */
export function headersTooLarge(): Error {
  return failure('ERR_HTTP2_HEADERS_TOO_LARGE', 'the headers of the answer are too large')
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function codeName(code: number): string {
  return CODES[code] ?? `code ${code}`
}
