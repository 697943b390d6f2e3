import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Endpoint } from './endpoint.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Something that was opened and must be closed. */
export interface Closable {
  close(): Promise<void>
}

/** A scrape is one short request: whoever is slower than this is cut off, in milliseconds. */
const REQUEST_TIMEOUT_MS = 5000

const MAX_CONNECTIONS = 32

/** Pause before an address that could not be had is tried again, in milliseconds. */
const LISTEN_AGAIN_MS = 5000

/**
 * Serves `/metrics` and `/healthz`; resolves when it listens.
 *
 * An address that cannot be had is logged and nothing more: a guard without metrics is better than no guard.
 */
export async function serveMetrics(
  address: Endpoint | undefined,
  metrics: Metrics,
  alive: () => boolean,
  log: Log,
  againMs: number = LISTEN_AGAIN_MS,
): Promise<Closable> {
  if (address === undefined) return { close: async () => undefined }
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      // Node looks for slow clients only so often; its default is half a minute.
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      answer(request, response, metrics, alive).catch((error) => {
        log.warn({ error: messageOf(error) }, 'request not answered')
        response.destroy()
      })
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  const stop = new AbortController()
  await listen(server, address, log, { againMs, signal: stop.signal })
  return {
    close: () => {
      stop.abort()
      return close(server)
    },
  }
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  alive: () => boolean,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'only GET and HEAD are answered\n')
  const path = url?.split('?')[0]
  if (path === '/metrics') return send(response, 200, await metrics.text(), metrics.registry.contentType)
  if (path !== '/healthz') return send(response, 404, 'see /metrics and /healthz\n')
  return alive() ? send(response, 200, 'ok\n') : send(response, 503, 'passes have stopped\n')
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
}

/** Resolves after the first try; one that fails is repeated, because the port may be a predecessor's that is leaving. */
function listen(
  server: Server,
  { address, port, text }: Endpoint,
  log: Log,
  { againMs, signal }: { readonly againMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    let failures = 0
    server.on('error', (error) => {
      failures += 1
      if (failures === 1)
        log.error({ address: text, code: codeOf(error), error: messageOf(error) }, 'metrics are not served')
      setTimeout(() => signal.aborted || server.listen(port, address), againMs).unref()
      resolve()
    })
    server.on('listening', () => {
      log.info({ address: text }, 'metrics are served')
      resolve()
    })
    server.listen(port, address)
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
