import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../src/index.ts'
import { serveMetrics } from '../src/server.ts'
import type { GuardView } from '../src/view.ts'
import { ask, closeAll, freePort, listening, log, pages, serving } from './serve/setting.ts'
import { pieceView } from './views.ts'
import { until } from './wait.ts'

function serve(changes: Partial<GuardView> = {}): Promise<Endpoint> {
  return serving({}, pages(changes))
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
    await serving({ metricsAddress: address }, { ...pages(), view })
    await expect(ask(address, '/readyz')).rejects.toThrow('socket hang up')
    expect(log.take()).toContain('warn request not answered')
  })

  it('answers HEAD without a body, 404 for another path, 405 for another method', async () => {
    const address = await serve()
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect(await ask(address, path, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect((await ask(address, '/')).status).toBe(404)
    expect((await ask(address, '/metrics/')).status).toBe(404)
    expect((await ask(address, '/metrics', { method: 'POST' })).status).toBe(405)
    expect((await ask(address, '/healthz', { method: 'DELETE' })).status).toBe(405)
  })

  it('logs a busy port and does not reject', async () => {
    const busy = createServer()
    const address = await listening(busy)
    await serving({ metricsAddress: address })
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        message: 'metrics are not served',
        fields: { address: address.text, code: 'EADDRINUSE' },
      },
    ])
    await closeAll()
    busy.close()
  })

  it('tries a busy port again until it is free, and complains once', async () => {
    const busy = createServer()
    const address = await listening(busy)
    await serving({ metricsAddress: address }, pages(), { againMs: 10 })
    await new Promise((go) => setTimeout(go, 60))
    busy.close()
    await until('metrics served', () => log.lines.some(({ message }) => message === 'metrics are served'))
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('serves nothing without an address', async () => {
    const served = await serveMetrics({ metricsAddress: undefined, metricsTls: undefined }, pages(), { log })
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
    await closeAll()
    await closed
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
