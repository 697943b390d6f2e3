import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { http, https, selfSigned, tls } from './tls-server.ts'

const pair = selfSigned()

function answer(status: number, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, headers).end('ok')
  }
}

describe('Prober', () => {
  it.each([
    [200, 'healthy', 'ok'],
    [401, 'healthy', 'unauthorized'],
    [403, 'healthy', 'unauthorized'],
    [404, 'sick', 'status'],
    [500, 'sick', 'status'],
    [503, 'sick', 'status'],
  ])('sees status %d as %s, %s', async (status, outcome, reason) => {
    const server = await closing(https(pair, answer(status)))
    const verdict = await proberOf(server.origin).probe(NO_STOP)
    expect(verdict).toEqual({ outcome, reason, status, ms: expect.any(Number) })
    expect(verdict.ms).toBeGreaterThanOrEqual(0)
  })

  it('asks for the path by GET, and nothing else', async () => {
    const seen: string[] = []
    const server = await closing(
      https(pair, ({ method, url, headers }, response) => {
        seen.push(`${method} ${url} ${headers.host}`)
        response.end('ok')
      }),
    )
    await proberOf(server.origin, { path: '/livez?verbose' }).probe(NO_STOP)
    expect(seen).toEqual([`GET /livez?verbose 127.0.0.1:${server.port}`])
  })

  it('does not follow a redirection, which counts as healthy', async () => {
    const elsewhere = await closing(https(pair, answer(500)))
    const server = await closing(https(pair, answer(302, { location: elsewhere.origin })))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'healthy', status: 302 })
    expect(elsewhere.connections).toBe(0)
  })

  it('lets statuses do that the operator has listed', async () => {
    let status = 429
    const server = await closing(https(pair, (_request, response) => void response.writeHead(status).end()))
    const prober = proberOf(server.origin, { statuses: new Set([429, 401]) })
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'healthy', reason: 'listed', status: 429 })
    status = 401
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'healthy', reason: 'listed', status: 401 })
    status = 500
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'sick', status: 500 })
  })

  it('speaks http when told so', async () => {
    const server = await closing(http(answer(200)))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'healthy', status: 200 })
  })

  it('reads an endless body no further than it must, and frees the connection', async () => {
    let written = 0
    const server = await closing(
      https(pair, (_request, response) => {
        const pour = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536
        }
        response.on('drain', pour)
        pour()
      }),
    )
    const start = performance.now()
    const verdict = await proberOf(server.origin).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'healthy', status: 200 })
    expect(performance.now() - start).toBeLessThan(3000)
    expect(written).toBeLessThan(32 * 1024 * 1024)
  })

  it('counts a body that drips without end as a timeout', async () => {
    const server = await closing(
      https(pair, (_request, response) => {
        const drip = setInterval(() => response.write('x'), 10)
        response.on('close', () => clearInterval(drip))
      }),
    )
    const start = performance.now()
    const verdict = await proberOf(server.origin, { timeoutMs: 200 }).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout' })
    expect(performance.now() - start).toBeLessThan(1500)
  })

  it('refuses headers that are too large', async () => {
    const server = await closing(https(pair, answer(200, { 'x-large': 'x'.repeat(64_000) })))
    const verdict = await proberOf(server.origin).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'protocol' })
  })

  it.each([
    'garbage\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    '\0\0\0\0',
    'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n',
  ])('calls %j instead of HTTP dead by its protocol', async (bytes) => {
    const server = await closing(tls(pair, (socket) => socket.once('data', () => socket.end(bytes))))
    const verdict = await proberOf(server.origin).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'protocol' })
  })

  it('recovers after any of that', async () => {
    let round = 0
    const server = await closing(
      tls(pair, (socket) =>
        socket.on('data', () => {
          round += 1
          if (round === 1) socket.end('garbage\r\n\r\n')
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        }),
      ),
    )
    const prober = proberOf(server.origin)
    expect((await prober.probe(NO_STOP)).outcome).toBe('dead')
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
  })
})
