import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { until } from '../wait.ts'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { selfSigned, type TestServer, tcp, tls } from './tls-server.ts'

const pair = selfSigned()
const LIMIT_MS = 150
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Writes as fast as the other side takes it. */
function pour(socket: Socket, chunk: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk)) undefined
  }
  socket.on('drain', more)
  more()
}

/** Writes a little again and again. */
function drip(socket: Socket, chunk: string, ms = 10): void {
  const timer = setInterval(() => socket.write(chunk), ms)
  socket.on('close', () => clearInterval(timer))
}

const BOMB = gzipSync(Buffer.alloc(32 * 1024 * 1024))

/** Answers on a connection, or ends it with RST. */
type Serve = (socket: Socket, reset: () => void) => void

/** What a server may do once it has been asked, and the verdict that it gets. */
const ANSWERS: Record<string, [serve: Serve, expected: Partial<Verdict>]> = {
  'says nothing': [() => undefined, { outcome: 'dead', reason: 'timeout' }],
  'trickles a status line': [
    (socket) => {
      socket.write('HTTP/1.1 200 ')
      drip(socket, 'O')
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'pours an endless reason': [
    (socket) => {
      socket.write('HTTP/1.1 200 ')
      pour(socket, 'O'.repeat(65_536))
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'trickles headers': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      drip(socket, 'x: y\r\n')
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'pours headers': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      pour(socket, 'x: y\r\n'.repeat(9999))
    },
    { outcome: 'dead', reason: 'protocol' },
  ],
  'pours one header': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      pour(socket, 'y'.repeat(65_536))
    },
    { outcome: 'dead', reason: 'protocol' },
  ],
  'trickles a body': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      drip(socket, 'o')
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'pours a body': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      pour(socket, 'o'.repeat(65_536))
    },
    { outcome: 'healthy', status: 200 },
  ],
  'announces more than anybody reads': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\no')
    },
    { outcome: 'healthy', status: 200 },
  ],
  'announces exabytes and pours them': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n')
      pour(socket, 'o'.repeat(65_536))
    },
    { outcome: 'healthy', status: 200 },
  ],
  'announces more than there are numbers': [
    (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\no'),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'announces a chunk of exabytes and pours it': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7fffffffffffffff\r\n')
      pour(socket, 'o'.repeat(65_536))
    },
    { outcome: 'healthy', status: 200 },
  ],
  'has a status that nobody knows': [
    (socket) => socket.write('HTTP/1.1 99999 OK\r\ncontent-length: 0\r\n\r\n'),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'has a status of its own': [
    (socket) => socket.write('HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n'),
    { outcome: 'sick', status: 999 },
  ],
  'wants to write into the log': [
    (socket) =>
      socket.write(
        'HTTP/1.1 500 \u001b[2J{"level":"error"}\r\nx: \u001b[31m\tlevel=fatal\r\ncontent-length: 0\r\n\r\n',
      ),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'pours chunks of nothing but extensions': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      pour(socket, `1;${'x'.repeat(9999)}\r\no\r\n`)
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'pours trailers': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n')
      pour(socket, 'x: y\r\n'.repeat(9999))
    },
    { outcome: 'healthy', status: 200 },
  ],
  'is about to answer, for ever': [
    (socket) => pour(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(999)),
    { outcome: 'dead', reason: 'timeout' },
  ],
  'goes on when nobody asked': [
    (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'changes to another protocol': [
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'speaks HTTP/0.9': [(socket) => socket.end('<html>ok</html>'), { outcome: 'dead', reason: 'protocol' }],
  'speaks HTTP/2': [
    (socket) => socket.write(Buffer.from('00000604000000000000030000006400', 'hex')),
    { outcome: 'dead', reason: 'protocol' },
  ],
  'sends a bomb': [
    (socket) => {
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`
      socket.write(Buffer.concat([Buffer.from(head), BOMB]))
    },
    { outcome: 'healthy', status: 200 },
  ],
  'answers twice': [(socket) => socket.write(OK + OK), { outcome: 'healthy', status: 200 }],
  'answers and adds garbage': [(socket) => socket.write(`${OK}garbage`), { outcome: 'healthy', status: 200 }],
  'redirects to itself': [
    (socket) => socket.write('HTTP/1.1 301 Moved\r\nlocation: /healthz\r\ncontent-length: 0\r\n\r\n'),
    { outcome: 'healthy', status: 301 },
  ],
  'redirects to where cloud providers tell secrets': [
    (socket) =>
      socket.write(
        'HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n',
      ),
    { outcome: 'healthy', status: 302 },
  ],
  'redirects to where we can see it': [
    (socket) => {
      const { localPort } = socket
      socket.write(
        `HTTP/1.1 307 Elsewhere\r\nlocation: https://127.0.0.1:${localPort}/other\r\ncontent-length: 0\r\n\r\n`,
      )
    },
    { outcome: 'healthy', status: 307 },
  ],
  'resets instead of an answer': [(_socket, reset) => reset(), { outcome: 'dead', reason: 'reset' }],
  'resets in the middle of the headers': [
    (socket, reset) => socket.write('HTTP/1.1 200 OK\r\nx: ', reset),
    { outcome: 'dead', reason: 'reset' },
  ],
}

/** What a server may do instead of shaking hands. */
const HANDSHAKES: Record<string, [serve: (socket: Socket) => void, expected: Partial<Verdict>]> = {
  'accepts and says nothing': [() => undefined, { outcome: 'dead', reason: 'timeout' }],
  'resets at once': [(socket) => socket.resetAndDestroy(), { outcome: 'dead', reason: 'reset' }],
  'resets inside the handshake': [
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
    { outcome: 'dead', reason: 'reset' },
  ],
  'sends garbage': [(socket) => pour(socket, 'garbage '.repeat(9999)), { outcome: 'dead', reason: 'tls' }],
  'sends the beginning of a record, slowly': [
    (socket) => {
      socket.write(Buffer.from('1603034000', 'hex'))
      drip(socket, '\0')
    },
    { outcome: 'dead', reason: 'timeout' },
  ],
  'sends an alert': [
    (socket) => socket.write(Buffer.from('15030300020250', 'hex')),
    { outcome: 'dead', reason: 'tls' },
  ],
}

/** One probe costs its time limit at most, and a little for a busy machine. */
async function inTime(probing: Promise<Verdict>): Promise<Verdict> {
  const start = performance.now()
  const verdict = await probing
  expect(performance.now() - start).toBeLessThan(LIMIT_MS + 500)
  return verdict
}

async function withTls(serve: Serve): Promise<TestServer> {
  // RST is for the socket below that of TLS.
  const reset = (): void => {
    for (const socket of server.open) socket.resetAndDestroy()
  }
  const server = await tls(pair, (socket) => socket.once('data', () => serve(socket, reset)))
  return server
}

function plain(serve: Serve): Promise<TestServer> {
  return tcp(
    (socket) => socket.once('data', () => serve(socket, () => void socket.resetAndDestroy())),
    'http',
  )
}

/** Without TLS where TLS is expected; who does not read does not see that the other side has gone. */
function reading(serve: (socket: Socket) => void): Promise<TestServer> {
  return tcp((socket) => serve(socket.resume()))
}

describe('Prober, on a hostile server', () => {
  for (const [what, [serve, expected]] of Object.entries(ANSWERS)) {
    it.each([
      ['over TLS', withTls],
      ['without TLS', plain],
    ])(`that ${what}: one time limit at most, and the connection is gone, %s`, async (_how, start) => {
      const server = await closing(start(serve))
      const prober = proberOf(server.origin, { timeoutMs: LIMIT_MS })
      const verdict = await inTime(prober.probe(NO_STOP))
      expect(verdict).toMatchObject(expected)
      // What is said of it must not say what the server wants.
      if ('detail' in verdict) expect(verdict.detail).not.toMatch(/\p{Cc}|level|169\.254/u)
      await prober.close()
      await until('the connection is gone', () => server.open.size === 0)
      expect(server.connections).toBe(1)
    })
  }

  for (const [what, [serve, expected]] of Object.entries(HANDSHAKES)) {
    it(`that ${what}: one time limit at most, and the connection is gone`, async () => {
      const server = await closing(reading(serve))
      const verdict = await inTime(proberOf(server.origin, { timeoutMs: LIMIT_MS }).probe(NO_STOP))
      expect(verdict).toMatchObject(expected)
      await until('the connection is gone', () => server.open.size === 0)
    })
  }

  it('drops the connection that carried more than it read, and asks on a new one', async () => {
    const server = await closing(
      withTls((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        pour(socket, 'o'.repeat(65_536))
      }),
    )
    const prober = proberOf(server.origin)
    for (let round = 1; round <= 3; round += 1) {
      expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'healthy' })
      await until('the connection is gone', () => server.open.size === 0)
      expect(server.handshakes).toBe(round)
    }
  })

  it('does not believe what came before it asked', async () => {
    let asked = 0
    const server = await closing(
      tls(pair, (socket) => {
        socket.on('data', () => {
          asked += 1
          if (asked === 1) socket.write(OK + OK)
        })
      }),
    )
    const prober = proberOf(server.origin, { timeoutMs: LIMIT_MS })
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    await delay(20)
    expect((await prober.probe(NO_STOP)).outcome).toBe('dead')
  })
})

describe('Prober, on hostile servers for long', () => {
  const servers: TestServer[] = []
  const memory = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  beforeAll(async () => {
    for (const [serve] of Object.values(ANSWERS)) servers.push(await withTls(serve))
    for (const [serve] of Object.values(HANDSHAKES)) servers.push(await reading(serve))
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
  })

  it('leaves no handles, sockets, timers or listeners behind', async () => {
    const probers = servers.map(({ origin }) => proberOf(origin, { timeoutMs: 30 }))
    const { signal } = new AbortController()
    setMaxListeners(0, signal)
    const round = async (): Promise<void> => {
      await Promise.all(probers.map((prober) => prober.probe(signal, { fresh: true })))
    }
    const settled = (): Promise<void> =>
      until('no more connections than probers', () => {
        return servers.reduce((sum, { open }) => sum + open.size, 0) <= probers.length
      })
    await round()
    await settled()
    const before = counted()
    const heap = memory()
    for (let n = 0; n < 12; n += 1) await round()
    await settled()
    // A handle that was closed is given back a turn or two later.
    await until('handles given back', () =>
      [...counted()].every(([kind, count]) => count - (before.get(kind) ?? 0) < 20),
    )
    expect(memory() - heap).toBeLessThan(16 * 1024 * 1024)
  })
})

/** What keeps the process busy, by kind. */
function counted(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}
