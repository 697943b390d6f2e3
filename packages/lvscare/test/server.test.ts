import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Endpoint, endpoint } from '../src/index.ts'
import { Metrics } from '../src/metrics.ts'
import { type Closable, type Pages, serveMetrics } from '../src/server.ts'
import type { GuardView } from '../src/view.ts'
import { MemoryLog } from './memory-log.ts'
import { A, guardView, pieceView } from './views.ts'
import { until } from './wait.ts'

const log = new MemoryLog()
const opened: Closable[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  log.take()
})

/** A port nobody listens on: taken, and given back. */
async function freePort(): Promise<Endpoint> {
  const server = createServer()
  const address = await listening(server)
  server.close()
  await once(server, 'close')
  return address
}

async function listening(server: Server): Promise<Endpoint> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return endpoint('127.0.0.1', 'inet', (server.address() as AddressInfo).port)
}

/** The pages of a guard of one server that sees this. */
function pages(changes: Partial<GuardView> = {}): Pages {
  const view = (): GuardView => guardView(changes)
  return { view, metrics: new Metrics({ version: '1', servers: [A], view, kernel: () => [] }) }
}

async function serve(changes: Partial<GuardView> = {}): Promise<Endpoint> {
  const address = await freePort()
  opened.push(await serveMetrics(address, pages(changes), log))
  return address
}

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: string
}

async function ask(address: Endpoint, path: string, method = 'GET'): Promise<Answer> {
  const call = httpRequest({ host: address.address, port: address.port, path, method }).end()
  const [response] = await once(call, 'response')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, type: response.headers['content-type'], body }
}

describe('serveMetrics', () => {
  it('serves /metrics, with or without a query', async () => {
    const address = await serve()
    const { status, type, body } = await ask(address, '/metrics')
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(body).toContain('lvscare_server_weight{server="192.0.2.1:6443"} 0')
    expect((await ask(address, '/metrics?x=1')).status).toBe(200)
    expect(log.take()).toEqual(['info metrics are served'])
  })

  it('serves /healthz: 200 while passes go on, whatever the path is like, 503 when they have stopped', async () => {
    expect(await ask(await serve({ ready: false }), '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await ask(await serve({ alive: false }), '/healthz')).toMatchObject({
      status: 503,
      body: 'passes have stopped\n',
    })
  })

  it('serves /readyz: 200 when the path is true, 503 with a line for each piece that is not', async () => {
    expect(await ask(await serve(), '/readyz')).toMatchObject({ status: 200, body: 'ok\n' })
    const pieces = [
      pieceView('route', { ok: false, error: 'kernel refused: EPERM' }),
      pieceView('service'),
      pieceView('servers', { ok: false }),
    ]
    expect(await ask(await serve({ ready: false, pieces }), '/readyz')).toMatchObject({
      status: 503,
      body: 'route: kernel refused: EPERM\nservers: not yet true\n',
    })
    expect(await ask(await serve({ ready: false, alive: false }), '/readyz')).toMatchObject({
      status: 503,
      body: 'passes have stopped\n',
    })
    expect((await ask(await serve({ ready: false }), '/readyz')).body).toBe('the path is not true\n')
  })

  it('answers with nothing when it does not know itself, and says so in the log', async () => {
    const address = await freePort()
    const view = (): GuardView => {
      throw new Error('a mistake')
    }
    opened.push(await serveMetrics(address, { ...pages(), view }, log))
    await expect(ask(address, '/readyz')).rejects.toThrow('socket hang up')
    expect(log.take()).toContain('warn request not answered')
  })

  it('answers HEAD without a body, 404 for another path, 405 for another method', async () => {
    const address = await serve()
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect(await ask(address, path, 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect((await ask(address, '/')).status).toBe(404)
    expect((await ask(address, '/metrics/')).status).toBe(404)
    expect((await ask(address, '/metrics', 'POST')).status).toBe(405)
    expect((await ask(address, '/healthz', 'DELETE')).status).toBe(405)
  })

  it('logs a busy port and does not reject', async () => {
    const busy = createServer()
    const address = await listening(busy)
    const served = await serveMetrics(address, pages(), log)
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        message: 'metrics are not served',
        fields: { address: address.text, code: 'EADDRINUSE' },
      },
    ])
    await served.close()
    busy.close()
  })

  it('tries a busy port again until it is free, and complains once', async () => {
    const busy = createServer()
    const address = await listening(busy)
    opened.push(await serveMetrics(address, pages(), log, 10))
    await new Promise((go) => setTimeout(go, 60))
    busy.close()
    await until('metrics served', () => log.lines.some(({ message }) => message === 'metrics are served'))
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('serves nothing without an address', async () => {
    const served = await serveMetrics(undefined, pages(), log)
    await served.close()
    expect(log.take()).toEqual([])
  })

  it('closes quickly although a client is idle', async () => {
    const address = await serve()
    const client = connect(address.port, address.address)
    client.on('error', () => undefined)
    await once(client, 'connect')
    const closed = once(client, 'close')
    const start = performance.now()
    for (const one of opened.splice(0)) await one.close()
    await closed
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
