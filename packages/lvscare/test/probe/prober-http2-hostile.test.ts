import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { until } from '../wait.ts'
import { answer, FLAG, FRAME, frame, goaway, SETTINGS, STATUS_200, setting, uint32 } from './http2-frames.ts'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { selfSigned, type TestServer, tls } from './tls-server.ts'

const pair = selfSigned()
const LIMIT_MS = 150
const DEAD = { outcome: 'dead' } as const
const PROTOCOL = { ...DEAD, reason: 'protocol' } as const
const TIMEOUT = { ...DEAD, reason: 'timeout' } as const
const { DATA, HEADERS, CONTINUATION, PING, RST_STREAM, WINDOW_UPDATE, PUSH_PROMISE } = FRAME

/** Writes as fast as the other side takes it. */
function pour(socket: Socket, chunk: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk)) undefined
  }
  socket.on('drain', more)
  more()
}

/** The same frame, many times. */
function many(one: Buffer, times = 500): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(one))
}

/** First what every server says, then this. */
function then(...frames: readonly Buffer[]): (socket: Socket) => void {
  return (socket) => void socket.write(Buffer.concat([SETTINGS, ...frames]))
}

/** First that, and then this without end. */
function endless(first: Buffer, chunk: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.write(Buffer.concat([SETTINGS, first]))
    pour(socket, chunk)
  }
}

const NONE = Buffer.alloc(0)
const HEADERS_ONLY = frame(HEADERS, FLAG.END_HEADERS, 1, STATUS_200)

/** What a server may do that has negotiated HTTP/2, once it has been asked, and the verdict that it gets. */
const ANSWERS: Record<string, [serve: (socket: Socket) => void, expected: Partial<Verdict>]> = {
  'says nothing': [() => undefined, TIMEOUT],
  'says hello and nothing else': [then(), TIMEOUT],
  'answers without a hello': [(socket) => void socket.write(answer(1)), PROTOCOL],
  'speaks HTTP/1.1': [
    (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    PROTOCOL,
  ],
  'sends garbage': [(socket) => pour(socket, Buffer.from('garbage '.repeat(999))), PROTOCOL],
  'begins a frame and stops': [(socket) => void socket.write(SETTINGS.subarray(0, 5)), TIMEOUT],
  'announces a frame of sixteen megabytes': [then(Buffer.from('ffffff000000000001', 'hex')), DEAD],
  'breaks the answer off': [then(frame(RST_STREAM, 0, 1, uint32(2))), PROTOCOL],
  'breaks the answer off without a reason': [then(frame(RST_STREAM, 0, 1, uint32(0))), DEAD],
  'cancels the answer': [then(frame(RST_STREAM, 0, 1, uint32(8))), PROTOCOL],
  'breaks the answer off in its middle': [then(HEADERS_ONLY, frame(RST_STREAM, 0, 1, uint32(2))), PROTOCOL],
  'says goodbye at once': [then(goaway(0, 0)), PROTOCOL],
  'says goodbye in anger': [then(goaway(0, 11)), PROTOCOL],
  'says goodbye and never ends it': [then(goaway(1, 0)), TIMEOUT],
  'pours goodbyes': [endless(NONE, many(goaway(2 ** 31 - 1, 0))), TIMEOUT],
  'sends headers without end': [
    endless(frame(HEADERS, 0, 1, STATUS_200), many(frame(CONTINUATION, 0, 1, Buffer.alloc(1000, 0x88)))),
    DEAD,
  ],
  'sends empty headers without end': [
    endless(frame(HEADERS, 0, 1, STATUS_200), many(frame(CONTINUATION, 0, 1))),
    DEAD,
  ],
  'packs a bomb of headers': [
    // One large field goes into the table, and then thousands of references to it come, of a byte each.
    endless(
      Buffer.concat([
        frame(
          HEADERS,
          0,
          1,
          Buffer.concat([STATUS_200, Buffer.from('400178ff811e', 'hex'), Buffer.alloc(4000, 0x61)]),
        ),
      ]),
      many(frame(CONTINUATION, 0, 1, Buffer.alloc(16_000, 0xbe)), 20),
    ),
    DEAD,
  ],
  'ends its own answer again and again': [endless(NONE, many(frame(RST_STREAM, 0, 1, uint32(8)))), DEAD],
  'opens the window a little, again and again': [
    endless(NONE, many(frame(WINDOW_UPDATE, 0, 0, uint32(1)))),
    DEAD,
  ],
  'pours priorities': [endless(NONE, many(frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(5)))), DEAD],
  'answers with a status that nobody knows': [
    then(frame(HEADERS, 5, 1, Buffer.from('08053939393939', 'hex'))),
    DEAD,
  ],
  // Node leaves such a header out, and nobody reads any.
  'answers with the end of a line inside a header': [
    then(frame(HEADERS, 5, 1, Buffer.concat([STATUS_200, Buffer.from('00017803610d0a', 'hex')]))),
    { outcome: 'healthy', status: 200 },
  ],
  'redirects to where cloud providers tell secrets': [
    then(
      frame(
        HEADERS,
        5,
        1,
        Buffer.concat([
          Buffer.from('0803333032', 'hex'),
          Buffer.from('0f1f17', 'hex'),
          Buffer.from('http://169.254.169.254/'),
        ]),
      ),
    ),
    { outcome: 'healthy', status: 302 },
  ],
  'is about to answer, for ever': [
    // 100 Continue, written out: it has no number in the table.
    endless(NONE, many(frame(HEADERS, FLAG.END_HEADERS, 1, Buffer.from('0803313030', 'hex')))),
    TIMEOUT,
  ],
  'answers without a status': [then(frame(HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1)), DEAD],
  'answers what nobody asked': [then(answer(3)), PROTOCOL],
  'answers with a table that does not exist': [then(frame(HEADERS, 5, 1, Buffer.from([0xff, 0xff]))), DEAD],
  pushes: [then(frame(PUSH_PROMISE, FLAG.END_HEADERS, 1, Buffer.concat([uint32(2), STATUS_200]))), DEAD],
  'pours PINGs': [endless(NONE, many(frame(PING, 0, 0, Buffer.alloc(8)))), DEAD],
  'pours answers to PINGs': [endless(NONE, many(frame(PING, FLAG.ACK, 0, Buffer.alloc(8)))), DEAD],
  'pours SETTINGS': [endless(NONE, many(SETTINGS)), DEAD],
  'pours settings that nobody knows': [
    endless(NONE, many(frame(FRAME.SETTINGS, 0, 0, setting(0x99, 1)))),
    DEAD,
  ],
  'allows no stream at all': [then(frame(FRAME.SETTINGS, 0, 0, setting(3, 0))), TIMEOUT],
  'shuts every window': [then(frame(FRAME.SETTINGS, 0, 0, setting(4, 0))), TIMEOUT],
  'opens a window too far': [then(frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))), PROTOCOL],
  'pours frames that nobody knows': [endless(NONE, many(frame(0x77, 0, 0, Buffer.alloc(100)))), DEAD],
  'pours nothing': [endless(HEADERS_ONLY, many(frame(DATA, 0, 1))), DEAD],
  'pours padding': [
    endless(
      HEADERS_ONLY,
      many(frame(DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.from([99]), Buffer.alloc(99)]))),
    ),
    DEAD,
  ],
  'pours trailers': [
    endless(
      Buffer.concat([HEADERS_ONLY, frame(HEADERS, 1, 1, NONE)]),
      many(frame(CONTINUATION, 0, 1, Buffer.alloc(99, 0x90))),
    ),
    DEAD,
  ],
  'sends more than the window': [
    then(
      HEADERS_ONLY,
      frame(DATA, 0, 1, Buffer.alloc(16_384)),
      many(frame(DATA, 0, 1, Buffer.alloc(16_384)), 9),
    ),
    { outcome: 'healthy', status: 200 },
  ],
  'answers twice': [then(answer(1), answer(1)), { outcome: 'healthy', status: 200 }],
  'answers and adds garbage': [then(answer(1), Buffer.alloc(99, 0x77)), { outcome: 'healthy', status: 200 }],
}

/** A server that has chosen HTTP/2 and then does as it likes. */
function hostile(serve: (socket: Socket) => void): Promise<TestServer> {
  return tls(pair, (socket) => socket.once('data', () => serve(socket)).on('error', () => undefined), {
    ALPNProtocols: ['h2'],
  })
}

describe('Prober, on a hostile server that has chosen HTTP/2', () => {
  for (const [what, [serve, expected]] of Object.entries(ANSWERS)) {
    it(`that ${what}: one time limit at most, one line of explanation, and the connection is gone`, async () => {
      const server = await closing(hostile(serve))
      const prober = proberOf(server.origin, { timeoutMs: LIMIT_MS }, { sentinel: true })
      const start = performance.now()
      const verdict = await prober.probe(NO_STOP)
      expect(performance.now() - start).toBeLessThan(LIMIT_MS + 1000)
      expect(verdict).toMatchObject(expected)
      if ('detail' in verdict) expect(verdict.detail).toMatch(/^(no |the |what )[^\n]+$/)
      await prober.close()
      await until('the connection is gone', () => server.open.size === 0)
      expect(server.connections).toBe(1)
    })
  }

  it('drops one that answers well and pours between two probes', async () => {
    const server = await closing(
      hostile((socket) => {
        socket.write(Buffer.concat([SETTINGS, answer(1)]))
        pour(socket, many(frame(0x77, 0, 0, Buffer.alloc(1000))))
      }),
    )
    const prober = proberOf(server.origin, {}, { sentinel: true })
    const alarms: string[] = []
    const leave = prober.sentinel.listen({ mostMs: 5000, onAlarm: ({ kind }) => void alarms.push(kind) })
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    await until('the connection is gone', () => server.open.size === 0)
    expect(prober.sentinel.watches).toBe('none')
    leave()
  })

  it('costs no memory', async () => {
    const servers = await Promise.all(Object.values(ANSWERS).map(([serve]) => closing(hostile(serve))))
    const probers = servers.map(({ origin }) => proberOf(origin, { timeoutMs: 30 }, { sentinel: true }))
    const round = async (): Promise<void> => {
      await Promise.all(probers.map((prober) => prober.probe(new AbortController().signal, { fresh: true })))
      await until('few connections', () => servers.every(({ open }) => open.size <= 1))
    }
    await round()
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 10; n += 1) await round()
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(24 * 1024 * 1024)
  })
})

const anyFrame = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.nat(12),
        fc.nat(255),
        fc.constantFrom(0, 1, 1, 3, 2 ** 31 - 1),
        fc.uint8Array({ maxLength: 20 }),
      )
      .map(([type, flags, stream, payload]) => frame(type, flags, stream, Buffer.from(payload))),
  },
  { weight: 2, arbitrary: fc.constantFrom(SETTINGS, HEADERS_ONLY, answer(1), goaway(0, 0), goaway(1, 2)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
)

describe('Prober, on garbage in frames', () => {
  it('has a verdict on whatever is sent instead of an answer, and is none the worse for it', async () => {
    let said = NONE
    const server = await closing(hostile((socket) => socket.end(said)))
    const prober = proberOf(server.origin, { timeoutMs: 2000 }, { sentinel: true })
    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { maxLength: 10 }), fc.boolean(), async (frames, hello) => {
        said = Buffer.concat(hello ? [SETTINGS, ...frames] : frames)
        const verdict = await prober.probe(NO_STOP)
        expect(['healthy', 'sick', 'dead']).toContain(verdict.outcome)
        said = Buffer.concat([SETTINGS, answer(1)])
        expect((await prober.probe(NO_STOP, { fresh: true })).outcome).toBe('healthy')
      }),
      { numRuns: 200 },
    )
  })
})
