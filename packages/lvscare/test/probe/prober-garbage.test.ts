import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { tcp } from './tls-server.ts'

/** Pieces that a parser of HTTP takes seriously, in any order, and bytes that it does not. */
const anyPiece = fc.oneof(
  fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 103 Early Hints\r\n',
    'HTTP/1.1 204 No Content\r\n',
    'content-length: 2\r\n',
    'content-length: 99999999999999999999\r\n',
    'transfer-encoding: chunked\r\n',
    'connection: close\r\n',
    'connection: upgrade\r\nupgrade: h2c\r\n',
    'keep-alive: timeout=0\r\n',
    'content-type: \u0000\r\n',
    '__proto__: x\r\nconstructor: y\r\n',
    '\r\n',
    '\n',
    'ok',
    '2\r\nok\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const anyAnswer = fc
  .array(anyPiece, { maxLength: 12 })
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'))

describe('Prober, on garbage', () => {
  it('has a verdict on whatever is sent instead of an answer, and is none the worse for it', async () => {
    let answer = Buffer.from('')
    const server = await closing(
      tcp((socket) => {
        socket.on('data', () => socket.end(answer))
      }, 'http'),
    )
    const prober = proberOf(server.origin, { timeoutMs: 1000 })
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (bytes) => {
        answer = bytes
        const verdict = await prober.probe(NO_STOP)
        expect(['healthy', 'sick', 'dead']).toContain(verdict.outcome)
        answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      }),
      { numRuns: 300 },
    )
  })
})
