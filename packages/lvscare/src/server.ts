import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Endpoint } from './endpoint.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { GuardView } from './view.ts'

/** Something that was opened and must be closed. */
export interface Closable {
  close(): Promise<void>
}

/** What the pages are made of. */
export interface Pages {
  readonly metrics: Pick<Metrics, 'text' | 'registry'>
  /** Asked at every request. */
  readonly view: () => GuardView
}

/** One answer; the type is plain text unless it says otherwise. */
interface Page {
  readonly status: number
  readonly body: string
  readonly type?: string
}

/** A scrape is one short request: whoever is slower than this is cut off, in milliseconds. */
const REQUEST_TIMEOUT_MS = 5000

const MAX_CONNECTIONS = 32

/** Pause before an address that could not be had is tried again, in milliseconds. */
const LISTEN_AGAIN_MS = 5000

/**
 * Serves `/metrics`, `/healthz` and `/readyz`; resolves when it listens.
 *
 * An address that cannot be had is logged and nothing more: a guard without metrics is better than no guard.
 */
export async function serveMetrics(
  address: Endpoint | undefined,
  pages: Pages,
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
      answer(request, response, pages).catch((error) => {
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

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const { status, body, type = 'text/plain; charset=utf-8' } = await pageOf(request, pages)
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
}

async function pageOf({ method, url }: IncomingMessage, { metrics, view }: Pages): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD are answered\n' }
  switch (url?.split('?')[0]) {
    case '/metrics':
      return { status: 200, body: await metrics.text(), type: metrics.registry.contentType }
    case '/healthz':
      return healthPage(view())
    case '/readyz':
      return readyPage(view())
    default:
      return { status: 404, body: 'see /metrics, /healthz and /readyz\n' }
  }
}

/** For a liveness probe: a guard that does not pass any more has to be started anew, whatever its servers do. */
function healthPage({ alive }: GuardView): Page {
  return alive ? { status: 200, body: 'ok\n' } : { status: 503, body: 'passes have stopped\n' }
}

/** For a readiness probe: says what keeps the virtual IP from working as it should, a line for each piece. */
function readyPage({ ready, alive, pieces }: GuardView): Page {
  if (ready) return { status: 200, body: 'ok\n' }
  const broken = pieces
    .filter(({ ok }) => !ok)
    .map(({ piece, error = 'not yet true' }) => `${piece}: ${error}`)
  const lines = alive ? broken : ['passes have stopped', ...broken]
  return { status: 503, body: `${(lines.length > 0 ? lines : ['the path is not true']).join('\n')}\n` }
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
