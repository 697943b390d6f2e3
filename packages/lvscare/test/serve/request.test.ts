import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_HEAD_BYTES, readRequest } from '../../src/serve/request.ts'

function read(text: string): ReturnType<typeof readRequest> {
  return readRequest(Buffer.from(text, 'latin1'))
}

describe('readRequest', () => {
  it.each([
    ['GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n', 'GET', '/metrics'],
    ['HEAD /healthz HTTP/1.0\r\n\r\n', 'HEAD', '/healthz'],
    ['GET /readyz?verbose=1 HTTP/1.1\n\n', 'GET', '/readyz'],
    ['GET http://node:9697/metrics?x HTTP/1.1\r\n\r\n', 'GET', '/metrics'],
    ['\r\n\r\nGET / HTTP/1.1\r\n\r\n', 'GET', '/'],
    ['POST /metrics HTTP/1.1\r\ncontent-length: 9\r\n\r\nwhatever', 'POST', '/metrics'],
    ['GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n', 'GET', '/a'],
    ['CONNECT node:443 HTTP/1.1\r\n\r\n', 'CONNECT', 'node:443'],
    ['OPTIONS * HTTP/1.1\r\n\r\n', 'OPTIONS', '*'],
  ])('reads %j', (text, method, path) => {
    expect(read(text)).toEqual({ method, path })
  })

  it.each([
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'get / HTTP/1.1\r\n\r\n',
    ' GET / HTTP/1.1\r\n\r\n',
    'GET\t',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET /\r\n\r\n',
    'GET / HTTP/1.1 \r\n\r\n',
    'GET / HTTP/2.0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /a b HTTP/1.1\r\n\r\n',
    'GET /\0HTTP/1.1\r\n\r\n',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n\r\n',
    '\0',
    '\r\n\r\n\r\n',
  ])('refuses %j', (text) => {
    expect(read(text)).toEqual({ status: 400 })
  })

  it.each(['', '\r\n', 'G', 'GET', 'GET /metrics HTTP/1.1\r\n', 'GET /metrics HTTP/1.1\r\nHost: x\r\n'])(
    'waits for the rest of %j',
    (text) => {
      expect(read(text)).toBeUndefined()
    },
  )

  it('takes no more than its limit, whether of headers or of a path', () => {
    const large = 'x'.repeat(MAX_HEAD_BYTES)
    for (const text of [`GET / HTTP/1.1\r\nx: ${large}`, `GET /${large}`])
      expect(readRequest(Buffer.from(text).subarray(0, MAX_HEAD_BYTES))).toEqual({ status: 431 })
  })

  it('takes no longer for a line that is made to be read slowly', () => {
    const lines = ['x', '/', '?', '#', 'http://', '/?', ' ', 'A'].flatMap((shard) => {
      const long = shard.repeat(MAX_HEAD_BYTES).slice(0, MAX_HEAD_BYTES - 40)
      return [`GET ${long}`, `GET /${long}`, `GET http://${long}`, `GET http://${long} x`, long]
    })
    const start = performance.now()
    for (const line of lines) for (let n = 0; n < 50; n += 1) read(`${line}\n\n`)
    // A tenth of a millisecond each; the worst expression for the same takes 300.
    expect((performance.now() - start) / (50 * lines.length)).toBeLessThan(5)
  })

  it('never throws, and has made up its mind at the limit', () => {
    const shard = fc.oneof(
      fc
        .constantFrom('GET', ' ', '/metrics', 'HTTP/1.1', '\r\n', '\n', '?', 'http://', '\0')
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 8 }),
    )
    const bytes = fc.array(shard, { maxLength: 20 }).map((shards) => Buffer.concat(shards))
    fc.assert(
      fc.property(bytes, (some) => {
        const early = readRequest(some)
        const filled = Buffer.concat([some, Buffer.alloc(MAX_HEAD_BYTES, 'x')]).subarray(0, MAX_HEAD_BYTES)
        if (early !== undefined) expect(readRequest(filled)).toEqual(early)
        expect(readRequest(filled)).toBeDefined()
      }),
    )
  })
})
