import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** What is read of an answer, in bytes; ours are small. */
const MAX_BODY_BYTES = 1024 * 1024

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** What is asked. */
export interface HttpQuestion {
  readonly path: string
  /** For the header of that name. */
  readonly host: string
  readonly signal: AbortSignal
}

/** GETs a path over a stream that is connected, and destroys the stream. Rejects when the signal aborts, or nothing useful comes. */
export async function getOver(stream: Duplex, { path, host, signal }: HttpQuestion): Promise<HttpAnswer> {
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const headers = { host, connection: 'close', accept: 'application/json, */*' }
      const asked = request({ createConnection: () => stream, path, headers, signal }, (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > MAX_BODY_BYTES) reject(new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`))
          else chunks.push(chunk)
        })
        response.once('error', reject)
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        )
      })
      asked.once('error', reject).end()
    })
  } finally {
    stream.destroy()
  }
}
