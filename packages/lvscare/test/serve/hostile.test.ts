import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MetricsTls } from '../../src/config-metrics.ts'
import type { Endpoint } from '../../src/index.ts'
import { SEATS } from '../../src/serve/door.ts'
import type { Pages } from '../../src/serve/pages.ts'
import { collect } from '../collect.ts'
import { selfSigned } from '../probe/tls-server.ts'
import { ask, heard, log, pages, peer, serving } from './setting.ts'

const LIMIT_MS = 200

/** Bad connections of the last test; ten thousand take half a minute. */
const TIMES = 2000
const MARK = 'mArKeR'
const GET = `GET /healthz?${MARK} HTTP/1.1\r\nhost: ${MARK}\r\n`

let folder = ''
let metricsTls: MetricsTls
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscare-hostile-'))
  const { cert, key } = selfSigned()
  const file = join(folder, 'pair.pem')
  writeFileSync(file, cert + key)
  metricsTls = { certFile: file, keyFile: file, clientCaFile: undefined }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes as fast as the other side takes it. */
function pour(socket: Socket, chunk: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk)) undefined
  }
  socket.on('drain', more)
  more()
}

/** Writes a little again and again. */
function drip(socket: Socket, chunk: string): void {
  const timer = setInterval(() => socket.write(chunk), 5)
  socket.on('close', () => clearInterval(timer))
}

/** What a peer may do, and the first line of the answer to it; `undefined`: none. */
const DEEDS: Record<string, [deed: (socket: Socket) => void, answer: string | undefined]> = {
  'says nothing': [() => undefined, undefined],
  'trickles a request line': [(socket) => drip(socket, 'G'), '400 Bad Request'],
  'trickles headers': [
    (socket) => {
      socket.write(GET)
      drip(socket, `x: ${MARK}\r\n`)
    },
    undefined,
  ],
  'pours headers': [
    (socket) => {
      socket.write(GET)
      pour(socket, `x: ${MARK}\r\n`.repeat(999))
    },
    '431 Request Header Fields Too Large',
  ],
  'pours a path': [
    (socket) => {
      socket.write('GET /')
      pour(socket, MARK.repeat(9999))
    },
    '431 Request Header Fields Too Large',
  ],
  'pours a body': [
    (socket) => {
      socket.write('POST /metrics HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n')
      pour(socket, `6\r\n${MARK}\r\n`.repeat(999))
    },
    '405 Method Not Allowed',
  ],
  'announces a body of exabytes': [
    (socket) => {
      socket.write(`GET /healthz HTTP/1.1\r\ncontent-length: 9999999999999999999\r\n\r\n`)
      pour(socket, MARK.repeat(9999))
    },
    '200 OK',
  ],
  'asks thousands of times at once': [(socket) => pour(socket, `${GET}\r\n`.repeat(999)), '200 OK'],
  'wants another protocol': [
    (socket) => socket.write(`${GET}connection: upgrade\r\nupgrade: ${MARK}\r\n\r\n`),
    '200 OK',
  ],
  'wants to be told to go on': [(socket) => socket.write(`${GET}expect: 100-continue\r\n\r\n`), '200 OK'],
  'wants a tunnel': [
    (socket) => socket.write('CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n'),
    '405 Method Not Allowed',
  ],
  'names another host': [
    (socket) => socket.write(`GET http://${MARK}/healthz HTTP/1.1\r\nhost: ${MARK}\r\n\r\n`),
    '200 OK',
  ],
  'climbs out of the pages': [
    (socket) => socket.write(`GET /../../etc/${MARK} HTTP/1.1\r\n\r\n`),
    '404 Not Found',
  ],
  'sends NULs': [(socket) => socket.write(`GET /\0${MARK} HTTP/1.1\0\r\n\r\n`), '400 Bad Request'],
  'sends what would be a second answer': [
    (socket) => socket.write(`GET /${MARK}%0d%0aset-cookie:%20x HTTP/1.1\r\n\r\n`),
    '404 Not Found',
  ],
  'pours garbage': [(socket) => pour(socket, `\u0001${MARK}\r\n\r\n`.repeat(999)), '400 Bad Request'],
  'shakes hands as for TLS': [
    (socket) => socket.write(Buffer.from('16030102000100', 'hex')),
    '400 Bad Request',
  ],
  'speaks HTTP/2': [(socket) => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), '400 Bad Request'],
  'asks and shuts its half': [(socket) => socket.end(`${GET}\r\n`), '200 OK'],
  'shuts its half in the middle of a question': [(socket) => socket.end(GET), undefined],
  'resets in the middle of a question': [
    (socket) => socket.write(GET, () => socket.resetAndDestroy()),
    undefined,
  ],
}

async function overTls(address: Endpoint): Promise<Socket> {
  const socket = connectTls({ host: address.address, port: address.port, rejectUnauthorized: false })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

const WAYS = [
  ['without TLS', () => serving({}, pages(), { connectionMs: LIMIT_MS }), peer],
  ['over TLS', () => serving({ metricsTls }, pages(), { connectionMs: LIMIT_MS }), overTls],
] as const

describe.each(WAYS)('serveMetrics, to a hostile peer, %s', (_how, start, open) => {
  for (const [what, [deed, answer]] of Object.entries(DEEDS)) {
    it(`that ${what}: one answer or none, nothing repeated of what it said, and it is gone`, async () => {
      const socket = await open(await start())
      const begun = performance.now()
      const hearing = heard(socket)
      if (socket.constructor.name === 'TLSSocket' && what.startsWith('resets')) socket.destroy()
      else deed(socket)
      const text = await hearing
      expect(performance.now() - begun).toBeLessThan(LIMIT_MS + 1000)
      // Who still writes when it is over may lose the answer to that: it gets a reset.
      const lines = [...text.matchAll(/^HTTP\/1\.1 (.*)\r$/gm)].map(([, line]) => line)
      expect(lines).toEqual(answer === undefined || (lines.length === 0 && isPouring(what)) ? [] : [answer])
      expect(text).not.toContain(MARK)
      expect(log.take().filter((line) => !line.endsWith('metrics are served'))).toEqual([])
    })
  }
})

function isPouring(what: string): boolean {
  return /^pours|exabytes|thousands/.test(what)
}

describe('serveMetrics, to hostile peers', () => {
  it('answers anybody who comes, while one holds as many connections as it gets', async () => {
    const address = await serving()
    const held = Array.from({ length: 20 * SEATS }, () => peer(address))
    for (const socket of held) socket.write(GET)
    await once(held.at(-1) as Socket, 'connect')
    for (let round = 0; round < 3; round += 1) expect((await ask(address, '/healthz')).status).toBe(200)
    for (const socket of held) socket.destroy()
  })

  it('lets nobody keep a connection by not reading', async () => {
    const text = async (): Promise<string> => 'x'.repeat(32 * 1024 * 1024)
    const slow = pages()
    const large: Pages = { ...slow, metrics: { text, registry: slow.metrics.registry } }
    const address = await serving({}, large, { connectionMs: LIMIT_MS })
    const socket = peer(address)
    socket.write('GET /metrics HTTP/1.1\r\n\r\n')
    await delay(2 * LIMIT_MS)
    const got = (await heard(socket)).length
    expect(got).toBeGreaterThan(0)
    expect(got).toBeLessThan(32 * 1024 * 1024)
  })

  it('looks everything up once for everybody who scrapes at the same time', async () => {
    const made = pages()
    let rendered = 0
    const text = async (): Promise<string> => {
      rendered += 1
      return await made.metrics.text()
    }
    const address = await serving({}, { ...made, metrics: { text, registry: made.metrics.registry } })
    const start = performance.now()
    for (let round = 0; round < 10; round += 1)
      await Promise.all(Array.from({ length: 10 }, () => ask(address, '/metrics')))
    expect(rendered).toBeLessThanOrEqual(1 + (performance.now() - start) / 250)
  })

  it('is none the worse for thousands of bad connections: memory and descriptors', async () => {
    const address = await serving({}, pages(), { connectionMs: 50 })
    const bad = [
      '\x16\x03\x01',
      'GET',
      `${GET}\r\n`.repeat(99),
      'POST / HTTP/1.1\r\n\r\n',
      'x'.repeat(20_000),
    ]
    const many = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 100)
        await Promise.all(
          Array.from({ length: 100 }, async (_none, k) => {
            const socket = peer(address)
            if (k % 3 === 0) socket.end(bad[k % bad.length] ?? '')
            else socket.write(bad[k % bad.length] ?? '')
            await heard(socket)
          }),
        )
    }
    await many(400)
    collect()
    const [heap, descriptors] = [process.memoryUsage().heapUsed, openDescriptors()]
    await many(TIMES)
    collect()
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(8 * 1024 * 1024)
    expect(openDescriptors() - descriptors).toBeLessThan(20)
    expect((await ask(address, '/healthz')).status).toBe(200)
  }, 60_000)
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
