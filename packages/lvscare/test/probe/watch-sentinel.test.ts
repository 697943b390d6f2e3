import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type ProbeOptions, watchServer } from '../../src/index.ts'
import type { Prober } from '../../src/probe/prober.ts'
import { after } from '../../src/probe/timers.ts'
import { until } from '../wait.ts'
import { answer, FLAG, FRAME, frame, goaway, onFrames } from './http2-frames.ts'
import { closing, proberOf } from './setting.ts'
import { http, http2, https, selfSigned, streams, type TestServer, tls } from './tls-server.ts'

const pair = selfSigned()

/** Nothing is due before this: whatever happens, the sentinel did it. */
const INTERVAL_MS = 3_600_000

/** Generous: the machine may be busy. */
const LIMIT_MS = 15_000

const ok: Parameters<typeof https>[1] = (_request, response) => void response.end('ok')

const STARTS: Record<string, () => Promise<TestServer>> = {
  'HTTP/2': () => http2(pair, (_request, response) => void response.end('ok')),
  'HTTP/1.1 over TLS': () => https(pair, (_request, response) => void response.end('ok')),
  'plain HTTP': () => http((_request, response) => void response.end('ok')),
}

/** A watch of a server, and what it has told, one word for each. */
async function watching(
  server: TestServer,
  {
    intervalMs = INTERVAL_MS,
    timeoutMs = 5000,
    ...options
  }: Partial<ProbeOptions> & { intervalMs?: number; timeoutMs?: number } = {},
): Promise<{ events: string[]; prober: Prober; stop: () => Promise<void> }> {
  const events: string[] = []
  const stop = new AbortController()
  const prober = proberOf(server.origin, { timeoutMs }, { sentinel: true, ...options })
  let dead = 0
  const watch = watchServer(
    {
      prober,
      intervalMs,
      onVerdict: ({ outcome }) => {
        events.push(outcome)
        dead = outcome === 'dead' ? dead + 1 : 0
        return dead === 1
      },
      onSuspicion: ({ reason }) => void events.push(reason),
      onCleared: () => void events.push('cleared'),
      isDown: () => dead > 1,
    },
    stop.signal,
  )
  await until('the first verdict', () => events.length > 0)
  return {
    events,
    prober,
    stop: async () => {
      stop.abort()
      await watch
    },
  }
}

function each(server: TestServer, act: (socket: Socket) => void): void {
  for (const socket of server.open) act(socket)
}

describe.each(Object.entries(STARTS))('watchServer, with the sentinel, over %s', (_what, start) => {
  it.each([
    ['ends the connection', 'closed', (socket: Socket) => void socket.end()],
    ['resets the connection', 'reset', (socket: Socket) => void socket.resetAndDestroy()],
  ])('suspects a server that %s, and finds it healthy', async (_how, reason, act) => {
    const server = await closing(start())
    const { events, stop } = await watching(server)
    each(server, act)
    await until('the verdict', () => events.length === 3, LIMIT_MS)
    expect(events).toEqual(['healthy', reason, 'healthy'])
    await stop()
    expect(server.connections).toBe(2)
  })

  it('knows at once that a server has gone, and soon that it is back', async () => {
    const server = await closing(start())
    const { events, stop, prober } = await watching(server, { intervalMs: 1000 })
    await server.close()
    await until('out', () => count(events, 'dead') >= 2, LIMIT_MS)
    expect(events.slice(0, 4)).toEqual(['healthy', 'closed', 'dead', 'dead'])
    expect(prober.sentinel.watches).toBe('none')
    await server.reopen()
    await until('back', () => events.at(-1) === 'healthy', LIMIT_MS)
    await until('watched again', () => prober.sentinel.watches !== 'none', LIMIT_MS)
    await stop()
  })

  it('leaves nothing behind when it is stopped', async () => {
    const server = await closing(start())
    const { prober, stop } = await watching(server)
    await stop()
    expect(prober.sentinel.watches).toBe('none')
  })
})

describe('watchServer, whose probe finds its connection ended', () => {
  it.each([
    ['closed', (socket: Socket) => void socket.end()],
    ['reset', (_socket: Socket, reset: () => void) => reset()],
  ])('suspects the server, %s, instead of asking again in silence', async (reason, act) => {
    let isWell = true
    const server = await closing(
      tls(pair, (socket) =>
        socket.on('data', () => {
          if (isWell) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
          else act(socket, () => each(server, (one) => void one.resetAndDestroy()))
          isWell = true
        }),
      ),
    )
    const { events, stop } = await watching(server, { intervalMs: 50 })
    await until('some probes', () => count(events, 'healthy') > 2, LIMIT_MS)
    isWell = false
    await until(
      'suspected and cleared',
      () => events.indexOf(reason) >= 0 && events.at(-1) === 'healthy',
      LIMIT_MS,
    )
    await stop()
    expect(events.filter((event) => event !== 'healthy')).toEqual([reason])
    expect(server.connections).toBe(2)
  })
})

describe('watchServer, with PINGs', () => {
  it('costs one handshake, however many probes and PINGs there are', async () => {
    for (const start of Object.values(STARTS)) {
      const server = await closing(start())
      let handshakes = 0
      const onHandshake = (): void => {
        handshakes += 1
      }
      const { events, stop } = await watching(server, { ...OFTEN, intervalMs: 20, onHandshake })
      await until('many probes', () => events.length >= 60, LIMIT_MS)
      await stop()
      expect(new Set(events)).toEqual(new Set(['healthy']))
      expect([server.connections, handshakes]).toEqual([1, server.origin.startsWith('https') ? 1 : 0])
    }
  })

  it('sends them, and nothing else, while nobody asks', async () => {
    const { server, counts } = await pingable()
    const { events, stop } = await watching(server, OFTEN)
    await until('PINGs', () => counts.pings >= 20, LIMIT_MS)
    await stop()
    expect([events, counts.questions, server.connections]).toEqual([['healthy'], 1, 1])
  })

  it('suspects a server that does not answer one, and finds it dead', async () => {
    const { server, mute } = await pingable()
    const { events, stop } = await watching(server, { ...OFTEN, timeoutMs: 300 })
    mute(true)
    await until('out', () => count(events, 'dead') >= 2, LIMIT_MS)
    await stop()
    expect(events.slice(0, 4)).toEqual(['healthy', 'unanswered', 'dead', 'dead'])
  })

  it('suspects it in the middle of a probe as well, long before the limit of the probe', async () => {
    const { server, mute } = await pingable()
    const { events, stop } = await watching(server, { ...OFTEN, intervalMs: 50, timeoutMs: 60_000 })
    await until('some probes', () => events.length > 3, LIMIT_MS)
    mute(true)
    await until('suspected', () => events.includes('unanswered'), LIMIT_MS)
    mute(false)
    await until('found alive', () => events.at(-1) !== 'unanswered', LIMIT_MS)
    await stop()
    expect(events).not.toContain('dead')
  })

  it('takes the suspicion back when the answer comes after all, and keeps the connection', async () => {
    const { server, counts, mute, connection } = await pingable()
    const { events, stop, prober } = await watching(server, { ...OFTEN, timeoutMs: 60_000 })
    mute(true)
    await until(
      'suspected, and being asked',
      () => events.includes('unanswered') && counts.waiting > 1,
      LIMIT_MS,
    )
    expect([prober.sentinel.watches, server.open.size]).toEqual(['none', 2])
    // What was asked of the other one stays unanswered.
    mute(false)
    connection(0).answerAll()
    await until('cleared', () => events.includes('cleared'), LIMIT_MS)
    await until('the other one is gone', () => server.open.size === 1, LIMIT_MS)
    expect([events, prober.sentinel.watches]).toEqual([['healthy', 'unanswered', 'cleared'], 'http2'])
    const pings = counts.pings
    await until('watched again', () => counts.pings > pings + 3, LIMIT_MS)
    await stop()
    expect(server.connections).toBe(2)
  })
})

describe('watchServer, on servers that end connections by themselves', () => {
  it('probes soon after a goodbye, on a new connection, without a suspicion', async () => {
    const { server, connection } = await pingable()
    const { events, stop } = await watching(server, OFTEN)
    connection(0).socket.write(goaway(1, 0))
    await until('probed again', () => events.length === 2, LIMIT_MS)
    await until(
      'on a new connection alone',
      () => server.connections === 2 && server.open.size === 1,
      LIMIT_MS,
    )
    await stop()
    expect(events).toEqual(['healthy', 'healthy'])
  })

  it('has a verdict when a server says goodbye and has gone', async () => {
    const server = await closing(STARTS['HTTP/2']?.() ?? https(pair, () => undefined))
    const { events, stop } = await watching(server)
    each(server, (socket) => socket.end())
    await server.close()
    await until('out', () => count(events, 'dead') >= 2, LIMIT_MS)
    await stop()
  })

  it.each([
    [
      'after each answer, and says so',
      () => https(pair, (_request, response) => void response.setHeader('connection', 'close').end('ok')),
      0,
    ],
    [
      'after each answer, without a word',
      () =>
        tls(pair, (socket) =>
          socket.on('data', () =>
            socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', () =>
              setTimeout(() => socket.end(), 5),
            ),
          ),
        ),
      2,
    ],
    ['after a second, and says so', () => https(pair, ok, { keepAliveTimeout: 1000 } as object), 0],
    [
      'with a goodbye after each answer',
      () =>
        streams(pair, (stream) => {
          stream.respond({ ':status': 200 }, { endStream: true })
          stream.session?.goaway(0, stream.id)
        }),
      0,
    ],
  ])('never drains, once it has learned, nor hammers one that does so %s', async (_how, start, most) => {
    const server = await closing(start())
    const startedMs = performance.now()
    const { events, stop, prober } = await watching(server, { intervalMs: 400 })
    await until('many verdicts', () => count(events, 'healthy') >= 12, LIMIT_MS)
    const rounds = (performance.now() - startedMs) / 360
    await stop()
    const suspicions = events.filter((event) => event !== 'healthy')
    expect(suspicions.length).toBeLessThanOrEqual(most)
    // One probe in each interval, and a few more until it had learned.
    expect(server.connections).toBeLessThanOrEqual(rounds + 8)
    if (most > 0) expect(prober.sentinel.waitMs).toBe(400)
  })
})

/** PINGs come quickly one after the other; their limits stay what they are. */
const OFTEN: Partial<ProbeOptions> = {
  after: (ms, work) => after(ms > 800 ? 10 : ms, work),
  random: () => 0.9,
}

function count(events: readonly string[], what: string): number {
  return events.filter((event) => event === what).length
}

/** A server of HTTP/2 that falls silent when a test wants it to, and may answer later. */
async function pingable() {
  let isMute = false
  const counts = { pings: 0, questions: 0, waiting: 0 }
  const connections: { socket: Socket; answerAll: () => void }[] = []
  const server = await closing(
    tls(
      pair,
      (socket) => {
        const waiting: Buffer[] = []
        const reply = (bytes: Buffer): void => {
          if (!isMute) socket.write(bytes)
          else {
            waiting.push(bytes)
            counts.waiting += 1
          }
        }
        connections.push({
          socket,
          answerAll: () => waiting.splice(0).forEach((bytes) => void socket.write(bytes)),
        })
        onFrames(socket, ({ type, flags, stream, payload }) => {
          if (type === FRAME.HEADERS) {
            counts.questions += 1
            reply(answer(stream))
          }
          if (type === FRAME.PING && (flags & FLAG.ACK) === 0) {
            counts.pings += 1
            reply(frame(FRAME.PING, FLAG.ACK, 0, payload))
          }
        })
      },
      { ALPNProtocols: ['h2'] },
    ),
  )
  const connection = (at: number): { socket: Socket; answerAll: () => void } => {
    const found = connections[at]
    if (found === undefined) throw new Error(`no connection ${at}`)
    return found
  }
  const mute = (silent: boolean): void => {
    isMute = silent
  }
  return { server, counts, connection, mute }
}
