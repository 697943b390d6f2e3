import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type RequestOptions, request as requestTls } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { afterEach } from 'vitest'
import { type Endpoint, endpoint } from '../../src/index.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Pages } from '../../src/serve/pages.ts'
import { type Closable, type ServeConfig, type ServeParts, serveMetrics } from '../../src/server.ts'
import type { GuardView } from '../../src/view.ts'
import { MemoryLog } from '../memory-log.ts'
import { A, guardView } from '../views.ts'

/** What the servers of a test have logged; empty again after it. */
export const log: MemoryLog = new MemoryLog()

const opened: Closable[] = []

/** Ends what a test has opened. */
export async function closeAll(): Promise<void> {
  for (const one of opened.splice(0)) await one.close()
}

afterEach(async () => {
  await closeAll()
  log.take()
})

/** A port nobody listens on: taken, and given back. */
export async function freePort(): Promise<Endpoint> {
  const server = createServer()
  const address = await listening(server)
  server.close()
  await once(server, 'close')
  return address
}

/** Has a server listen on a free port. */
export async function listening(server: Server): Promise<Endpoint> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return endpoint('127.0.0.1', 'inet', (server.address() as AddressInfo).port)
}

/** The pages of a guard of one server that sees this. */
export function pages(changes: Partial<GuardView> = {}): Pages {
  const view = (): GuardView => guardView(changes)
  return { view, metrics: new Metrics({ version: '1', servers: [A], view, kernel: () => [] }) }
}

/** Serves until the end of the test. */
export async function serving(
  config: Partial<ServeConfig> = {},
  made: Pages = pages(),
  parts: Partial<ServeParts> = {},
): Promise<Endpoint> {
  const metricsAddress = config.metricsAddress ?? (await freePort())
  opened.push(
    await serveMetrics({ metricsTls: undefined, ...config, metricsAddress }, made, { log, ...parts }),
  )
  return metricsAddress
}

/** What was answered. */
export interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: string
}

/** Asks for a page with Node's own client; `tls`: over HTTPS, with these options. */
export async function ask(
  { address, port }: Endpoint,
  path: string,
  { method = 'GET', tls }: { readonly method?: string; readonly tls?: RequestOptions } = {},
): Promise<Answer> {
  const options = { host: address, port, path, method, agent: false as const }
  const call =
    tls === undefined ? request(options) : requestTls({ rejectUnauthorized: false, ...options, ...tls })
  const [response] = await once(call.end(), 'response')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, type: response.headers['content-type'], body }
}

/** A connection that does as it likes; what goes wrong with it is no matter. */
export function peer({ address, port }: Endpoint, from = '127.0.0.1'): Socket {
  return connect({ port, host: address, localAddress: from }).on('error', () => undefined)
}

/** Everything that comes over a connection until it ends, however it ends. */
export async function heard(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more
  })
  if (!socket.closed) await new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  return text
}
