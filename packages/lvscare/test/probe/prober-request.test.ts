import { describe, expect, it } from 'vitest'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { http, https, selfSigned, type TestServer, tcp } from './tls-server.ts'

const pair = selfSigned()

/** A server that writes down what it is asked. */
async function listening(
  scheme: 'http' | 'https' = 'https',
): Promise<{ server: TestServer; asked: string[] }> {
  const asked: string[] = []
  const listener: Parameters<typeof http>[0] = (request, response) => {
    const { method, url, rawHeaders } = request
    const headers: string[] = []
    for (let at = 0; at < rawHeaders.length; at += 2) headers.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      asked.push([`${method} ${url}`, ...headers, body].join('\n'))
      response.end('ok')
    })
  }
  const server = await closing(scheme === 'https' ? https(pair, listener) : http(listener))
  return { server, asked }
}

describe('Prober, asking', () => {
  it('sends the method, the headers and the body that it was given', async () => {
    const { server, asked } = await listening()
    const headers = new Map([
      ['Authorization', 'Bearer secret'],
      ['x-probe', ''],
    ])
    const prober = proberOf(server.origin, { method: 'POST', path: '/check', headers, body: '{"q":"é"}' })
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    const host = `host: 127.0.0.1:${server.port}`
    const given = ['Authorization: Bearer secret', 'x-probe: ', 'content-length: 10', '{"q":"é"}']
    expect(asked).toEqual([['POST /check', host, 'connection: keep-alive', ...given].join('\n')])
  })

  it('says the Host that it was given, and asks for no other name in the handshake', async () => {
    const names: unknown[] = []
    const { server, asked } = await listening()
    const watched = await closing(
      https(pair, (_request, response) => void response.end(), {
        SNICallback: (name, done) => {
          names.push(name)
          done(null)
        },
      }),
    )
    const headers = new Map([['Host', 'kubernetes.default']])
    await proberOf(server.origin, { headers }).probe(NO_STOP)
    await proberOf(watched.origin, { headers }).probe(NO_STOP)
    expect(asked[0]).toContain('\nhost: kubernetes.default\n')
    expect(names).toEqual([])
  })

  it.each([
    ['HEAD', undefined],
    ['GET', 'a body'],
    ['OPTIONS', undefined],
    ['DELETE', 'a body'],
    ['PURGE', undefined],
  ])('keeps its connection also with %s and body %j', async (method, body) => {
    for (const scheme of ['http', 'https'] as const) {
      const { server, asked } = await listening(scheme)
      const prober = proberOf(server.origin, { method, body })
      for (let round = 0; round < 3; round += 1) expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      expect(asked).toHaveLength(3)
      for (const text of asked)
        expect([text.startsWith(`${method} /healthz\n`), text.endsWith(`\n${body ?? ''}`)]).toEqual([
          true,
          true,
        ])
      expect(server.connections).toBe(1)
    }
  })

  it('is not fooled by a HEAD that is answered with a body', async () => {
    const server = await closing(
      tcp((socket) => {
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody'))
      }, 'http'),
    )
    const prober = proberOf(server.origin, { method: 'HEAD', timeoutMs: 300 })
    for (let round = 0; round < 3; round += 1) {
      const { outcome } = await prober.probe(NO_STOP)
      expect(outcome).toBe('healthy')
    }
  })

  it('blames no server for a request that cannot be sent', async () => {
    const { server } = await listening()
    const prober = proberOf(server.origin, { headers: new Map([['transfer-encoding', 'chunked']]) })
    expect(await prober.probe(NO_STOP)).toMatchObject({
      outcome: 'inconclusive',
      detail: expect.stringContaining('invalid transfer-encoding header'),
    })
  })
})
