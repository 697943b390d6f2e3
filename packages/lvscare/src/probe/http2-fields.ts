import type { OutgoingHttpHeaders } from 'node:http2'
import type { Question } from './connection.ts'

/** Headers of HTTP/1.1 that HTTP/2 forbids, because they speak of the connection: it would refuse the whole request. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['http2-settings', 'proxy-connection', 'te'])

/** The fields of a request: names are lower-case, and Host is called `:authority`. */
export function http2Fields({ method, path, headers, body }: Question, origin: URL): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {
    ':method': method,
    ':scheme': origin.protocol.slice(0, -1),
    ':authority': origin.host,
    ':path': path,
  }
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (!OF_THE_CONNECTION.has(lower)) fields[lower === 'host' ? ':authority' : lower] = value
  }
  if (body !== undefined) fields['content-length'] = Buffer.byteLength(body)
  return fields
}
