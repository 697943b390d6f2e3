import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Authority } from '../../../../test/lab/authority.ts'
import type { HealthConfig } from '../../src/config-health.ts'
import type { ProbeOptions, Prober } from '../../src/probe/prober.ts'
import { loadTrust } from '../../src/probe/trust.ts'
import { until } from '../wait.ts'
import { closing, HEALTH, NO_STOP, proberOf } from './setting.ts'
import { http, http2, https, selfSigned, streams, tls } from './tls-server.ts'

type Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void

const pair = selfSigned()
const ok: Listener = (_request, response) => void response.end('ok')

const warnings: string[] = []
const onWarning = ({ name }: Error): void => void warnings.push(name)
beforeEach(() => void process.on('warning', onWarning))
afterEach(() => {
  process.off('warning', onWarning)
  expect(warnings.splice(0)).toEqual([])
})

/** A prober that offers HTTP/2. */
function modern(
  origin: string,
  changes: Partial<HealthConfig> = {},
  options: Partial<ProbeOptions> = {},
): Prober {
  return proberOf(origin, changes, { sentinel: true, ...options })
}

/** What a server is asked, as `VERSION METHOD PATH`, then fields, then the body. */
async function listening(): Promise<{ origin: string; asked: string[]; connections: () => number }> {
  const asked: string[] = []
  const server = await closing(
    http2(pair, (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('end', () => {
        const fields = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
        asked.push([request.httpVersion, ...fields, body].join('\n'))
        response.end('ok')
      })
    }),
  )
  return { origin: server.origin, asked, connections: () => server.connections }
}

describe('Prober, choosing its protocol', () => {
  const versions = async (origin: Promise<{ origin: string }>, seen: string[], sentinel: boolean) => {
    const prober = proberOf((await origin).origin, {}, { sentinel })
    for (let round = 0; round < 3; round += 1) expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    return [...new Set(seen)]
  }

  it.each([
    ['HTTP/2 and HTTP/1.1', {}, true, '2.0'],
    ['HTTP/2 alone', { allowHTTP1: false }, true, '2.0'],
    ['HTTP/2 and HTTP/1.1, without a sentinel', {}, false, '1.1'],
  ])('with a server of %s', async (_which, options, sentinel, expected) => {
    const seen: string[] = []
    const server = closing(
      http2(
        pair,
        (request, response) => {
          seen.push(request.httpVersion)
          response.end('ok')
        },
        options,
      ),
    )
    expect(await versions(server, seen, sentinel)).toEqual([expected])
    expect((await server).handshakes).toBe(1)
  })

  it('speaks HTTP/1.1 with a server that speaks nothing else, with one that knows nothing of ALPN, and without TLS', async () => {
    const raw = () =>
      tls(pair, (socket) =>
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')),
      )
    for (const start of [
      raw,
      () => https(pair, (_q, response) => void response.end('ok')),
      () => http((_q, response) => void response.end('ok')),
    ]) {
      const server = await closing(start())
      const prober = modern(server.origin)
      for (let round = 0; round < 3; round += 1) expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      expect(server.connections).toBe(1)
    }
  })
})

describe('Prober, over HTTP/2', () => {
  it.each([
    [200, 'healthy', 'ok'],
    [302, 'healthy', 'ok'],
    [401, 'healthy', 'unauthorized'],
    [403, 'healthy', 'unauthorized'],
    [404, 'sick', 'status'],
    [500, 'sick', 'status'],
  ])('sees status %d as %s, %s', async (status, outcome, reason) => {
    const server = await closing(
      http2(pair, (_request, response) => void response.writeHead(status).end('x')),
    )
    const prober = modern(server.origin)
    for (let round = 0; round < 3; round += 1)
      expect(await prober.probe(NO_STOP)).toEqual({ outcome, reason, status, ms: expect.any(Number) })
    expect(server.handshakes).toBe(1)
  })

  it('asks by GET for the path of the address, and nothing else', async () => {
    const { origin, asked } = await listening()
    await modern(origin, { path: '/livez?verbose' }).probe(NO_STOP)
    const authority = origin.slice('https://'.length)
    expect(asked).toEqual([
      `2.0\n:method: GET\n:scheme: https\n:authority: ${authority}\n:path: /livez?verbose\n`,
    ])
  })

  it('sends method, headers and body, the names lower-case, Host as :authority, and nothing that HTTP/2 forbids', async () => {
    const { origin, asked } = await listening()
    const headers = new Map([
      ['Authorization', 'Bearer secret'],
      ['HOST', 'kubernetes.default'],
      ['TE', 'gzip'],
      ['Proxy-Connection', 'keep-alive'],
      ['x-probe', ''],
    ])
    const prober = modern(origin, { method: 'POST', path: '/check', headers, body: '{"q":"é"}' })
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    const expected = [
      '2.0',
      ':method: POST',
      ':scheme: https',
      ':authority: kubernetes.default',
      ':path: /check',
    ]
    const given = ['authorization: Bearer secret', 'x-probe: ', 'content-length: 10', '{"q":"é"}']
    expect(asked).toEqual([[...expected, ...given].join('\n')])
  })

  it.each([
    ['HEAD', undefined],
    ['GET', 'a body'],
    ['OPTIONS', undefined],
    ['DELETE', 'a body'],
    ['PURGE', undefined],
    ['POST', ''],
    ['POST', 'x'.repeat(200_000)],
  ])('keeps its connection also with %s and a body', async (method, body) => {
    const { origin, asked, connections } = await listening()
    const prober = modern(origin, { method, body })
    for (let round = 0; round < 3; round += 1) expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    expect(asked).toHaveLength(3)
    for (const text of asked) expect(text.endsWith(`\n${body ?? ''}`)).toBe(true)
    expect(connections()).toBe(1)
  })

  it('does not mind what a server says besides: early hints, trailers, a longer answer to HEAD', async () => {
    const server = await closing(
      streams(pair, (stream) => {
        stream.additionalHeaders({ ':status': 103, link: '</x>' })
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
        stream.end('ok')
      }),
    )
    const prober = modern(server.origin)
    for (let round = 0; round < 3; round += 1)
      expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'healthy', status: 200 })
    const head = await closing(
      http2(pair, (_request, response) => void response.writeHead(200, { 'content-length': 999_999 }).end()),
    )
    const asking = modern(head.origin, { method: 'HEAD' })
    for (let round = 0; round < 3; round += 1) expect((await asking.probe(NO_STOP)).outcome).toBe('healthy')
    expect([server.connections, head.connections]).toEqual([1, 1])
  })

  it('drops the connection when it was answered before the question was read', async () => {
    const server = await closing(
      streams(pair, (stream) => {
        stream.respond({ ':status': 200 })
        stream.end('ok')
      }),
    )
    const prober = modern(server.origin, { method: 'POST', body: 'x'.repeat(100_000) })
    for (let round = 0; round < 50; round += 1) expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    await until('all but the last are gone', () => server.open.size <= 1)
  })

  it('reads a long body no further than it must, and drops the connection', async () => {
    const server = await closing(
      http2(pair, (_request, response) => {
        const pour = (): void => {
          while (!response.destroyed && response.write('x'.repeat(16_384))) undefined
        }
        response.on('drain', pour)
        pour()
      }),
    )
    const prober = modern(server.origin)
    for (let round = 1; round <= 3; round += 1) {
      expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'healthy', status: 200 })
      await until('the connection is gone', () => server.open.size === 0)
      expect(server.handshakes).toBe(round)
    }
  })

  it('refuses headers that are too large, on a new connection and on a kept one', async () => {
    let size = 20_000
    const server = await closing(
      streams(pair, (stream) => {
        stream.respond({ ':status': 200, 'x-large': 'x'.repeat(size) }, { endStream: true })
      }),
    )
    const prober = modern(server.origin, { timeoutMs: 1000 })
    const refused = { outcome: 'dead', reason: 'protocol' }
    expect(await prober.probe(NO_STOP)).toMatchObject({
      ...refused,
      detail: 'the headers of the answer are too large',
    })
    size = 10
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    size = 20_000
    expect(await prober.probe(NO_STOP)).toMatchObject(refused)
    expect(server.connections).toBe(2)
  })

  it('asks again on a new connection when the kept one was closed between two probes', async () => {
    const server = await closing(http2(pair, ok))
    const prober = modern(server.origin)
    for (let round = 1; round <= 3; round += 1) {
      expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      expect(server.handshakes).toBe(round)
      for (const socket of server.open) socket.destroy()
      await until('the connection is gone', () => server.open.size === 0)
    }
  })

  it.each([
    ['closes the connection', ({ session }: ServerHttp2Stream) => session?.destroy()],
    ['resets the connection', (_stream: ServerHttp2Stream, reset: () => void) => reset()],
    ['says goodbye', ({ session }: ServerHttp2Stream) => session?.goaway(0, 1)],
    ['says goodbye in anger', ({ session }: ServerHttp2Stream) => session?.goaway(11, 1)],
    ['refuses', (stream: ServerHttp2Stream) => stream.close(7)],
  ])(
    'asks again on a new connection when the server %s as the probe arrives on the kept one',
    async (_what, act) => {
      let asked = 0
      const server = await closing(
        streams(pair, (stream) => {
          asked += 1
          const reset = (): void => {
            for (const socket of server.open) socket.resetAndDestroy()
          }
          if (asked % 2 === 1) stream.respond({ ':status': 200 }, { endStream: true })
          else act(stream, reset)
        }),
      )
      const prober = modern(server.origin)
      for (let round = 0; round < 4; round += 1) {
        expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
        asked = 1
      }
      expect(server.handshakes).toBe(4)
    },
  )

  it('goes on with its connection after a stream that was broken off, which is a verdict', async () => {
    let healthy = true
    const server = await closing(
      streams(pair, (stream) => {
        if (healthy) stream.respond({ ':status': 200 }, { endStream: true })
        else stream.close(2)
      }),
    )
    const prober = modern(server.origin)
    await prober.probe(NO_STOP)
    healthy = false
    expect(await prober.probe(NO_STOP)).toMatchObject({
      outcome: 'dead',
      reason: 'protocol',
      detail: 'the answer was broken off (INTERNAL_ERROR)',
    })
    healthy = true
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
  })

  it('counts an answer that never comes, or never ends, as a timeout', async () => {
    for (const listener of [
      () => undefined,
      (_q: unknown, response: Http2ServerResponse) => void response.write('o'),
    ]) {
      const server = await closing(http2(pair, listener))
      const verdict = await modern(server.origin, { timeoutMs: 150 }).probe(NO_STOP)
      expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout' })
      await until('the connection is gone', () => server.open.size === 0)
    }
  })

  it('rejects quickly with the reason of the stop, and closes its connection', async () => {
    const server = await closing(http2(pair, () => undefined))
    const stop = new AbortController()
    const probing = modern(server.origin).probe(stop.signal)
    await until('asked', () => server.handshakes === 1)
    stop.abort('SIGTERM')
    await expect(probing).rejects.toBe('SIGTERM')
    await until('the connection is gone', () => server.open.size === 0)
  })

  it('counts each handshake once, and leaves nothing behind after 2000 probes', async () => {
    const server = await closing(http2(pair, ok))
    let handshakes = 0
    const prober = modern(
      server.origin,
      {},
      {
        onHandshake: () => {
          handshakes += 1
        },
      },
    )
    const { signal } = new AbortController()
    for (let round = 1; round <= 2000; round += 1)
      expect((await prober.probe(signal, { fresh: round % 50 === 0 })).outcome).toBe('healthy')
    expect([server.handshakes, handshakes]).toEqual([41, 41])
    await until('all but one closed', () => server.open.size <= 1)
  })
})

describe('Prober, over HTTP/2, with certificates', () => {
  it('verifies the server, and shows its own', async () => {
    const authority = new Authority()
    try {
      const seen: string[] = []
      const client = authority.issue({ subject: '/CN=probe', names: [] })
      const listener: Listener = (request, response) => {
        seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
        response.end('ok')
      }
      const good = await closing(
        http2(authority.issue(), listener, {
          requestCert: true,
          rejectUnauthorized: true,
          ca: authority.cert,
        }),
      )
      const bad = await closing(http2(authority.issue({ names: ['DNS:other'] }), listener))
      const trust = await trustOf(authority.cert, client)
      const options = { sentinel: true, trust }
      expect((await proberOf(good.origin, {}, options).probe(NO_STOP)).outcome).toBe('healthy')
      const refused = await proberOf(bad.origin, {}, options).probe(NO_STOP)
      expect(refused).toMatchObject({ outcome: 'dead', reason: 'certificate-name' })
      expect(seen).toEqual(['probe'])
    } finally {
      authority.close()
    }
  })
})

async function trustOf(
  ca: string,
  { key, cert }: { key: string; cert: string },
): Promise<ProbeOptions['trust']> {
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const folder = mkdtempSync('/tmp/lvscare-h2-')
  writeFileSync(`${folder}/ca`, ca)
  writeFileSync(`${folder}/both`, cert + key)
  const current = loadTrust({
    ...HEALTH,
    insecure: false,
    caFile: `${folder}/ca`,
    certFile: `${folder}/both`,
  })()
  rmSync(folder, { recursive: true })
  return () => current
}

describe('Prober, with a ready path', () => {
  it.each([
    ['http/1.1', (listener: Listener) => https(pair, listener as never)],
    ['http/2', (listener: Listener) => http2(pair, listener)],
  ])('asks for it after a healthy answer, on the same connection, over %s', async (_which, start) => {
    const asked: string[] = []
    const statuses: Record<string, number> = { '/healthz': 200, '/readyz': 200 }
    const server = await closing(
      start((request, response) => {
        asked.push(request.url)
        response.writeHead(statuses[request.url] ?? 404).end()
      }),
    )
    const prober = modern(server.origin, { readyPath: '/readyz', statuses: new Set([429]) })
    const verdicts: unknown[] = []
    for (const [healthz, readyz] of [
      [200, 200],
      [200, 500],
      [500, 200],
      [200, 401],
      [200, 429],
      [401, 200],
      [200, 404],
    ] as const) {
      Object.assign(statuses, { '/healthz': healthz, '/readyz': readyz })
      const { outcome, reason } = await prober.probe(NO_STOP)
      verdicts.push(`${outcome} ${reason}`)
    }
    expect(verdicts).toEqual([
      'healthy ok',
      'sick not-ready',
      'sick status',
      'healthy ok',
      'healthy ok',
      'healthy unauthorized',
      'sick not-ready',
    ])
    expect(asked.filter((path) => path === '/readyz')).toHaveLength(6)
    expect(server.handshakes).toBe(1)
  })

  it('is dead when no answer comes there, within one limit for both', async () => {
    const server = await closing(
      http2(pair, (request, response) => {
        if (request.url === '/healthz') response.end('ok')
      }),
    )
    const start = performance.now()
    const verdict = await modern(server.origin, { readyPath: '/readyz', timeoutMs: 300 }).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout' })
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('asks on a new connection when the first answer was the last of the old one', async () => {
    const server = await closing(
      https(pair, (_request, response) => void response.setHeader('connection', 'close').end('ok')),
    )
    const prober = modern(server.origin, { readyPath: '/readyz' })
    for (let round = 1; round <= 3; round += 1) {
      expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      expect(server.handshakes).toBe(2 * round)
    }
  })
})
