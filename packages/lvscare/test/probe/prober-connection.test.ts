import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/index.ts'
import { until } from '../wait.ts'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { https, selfSigned, tls } from './tls-server.ts'

const pair = selfSigned()
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const ok: RequestListener = (_request, response) => void response.end('ok')

const warnings: string[] = []
const onWarning = ({ name }: Error): void => void warnings.push(name)
beforeEach(() => void process.on('warning', onWarning))
afterEach(() => {
  process.off('warning', onWarning)
  expect(warnings.splice(0)).toEqual([])
})

/** Serves each connection: `turn` gets the number of the request on it. */
function perConnection(turn: (socket: Socket, request: number) => void) {
  return tls(pair, (socket) => {
    let request = 0
    socket.on('data', () => {
      request += 1
      turn(socket, request)
    })
  })
}

async function probes(count: number, probe: () => Promise<Verdict>): Promise<string[]> {
  const outcomes: string[] = []
  for (let round = 0; round < count; round += 1) outcomes.push((await probe()).outcome)
  return outcomes
}

describe('Prober, on its connection', () => {
  it('makes one handshake for many probes', async () => {
    const server = await closing(https(pair, ok))
    const prober = proberOf(server.origin)
    expect(await probes(20, () => prober.probe(NO_STOP))).toEqual(Array(20).fill('healthy'))
    expect([server.connections, server.handshakes]).toEqual([1, 1])
  })

  it('keeps the connection of a server that is sick', async () => {
    const server = await closing(
      https(pair, (_request, response) => void response.writeHead(500).end('no etcd')),
    )
    const prober = proberOf(server.origin)
    expect(await probes(5, () => prober.probe(NO_STOP))).toEqual(Array(5).fill('sick'))
    expect(server.handshakes).toBe(1)
  })

  it('makes a new connection for a fresh probe, closes the old one, and keeps the new one', async () => {
    const server = await closing(https(pair, ok))
    const prober = proberOf(server.origin)
    await prober.probe(NO_STOP)
    await prober.probe(NO_STOP, { fresh: true })
    await prober.probe(NO_STOP)
    expect(server.handshakes).toBe(2)
    await until('old connection closed', () => server.open.size === 1)
  })

  it('does not mind that a kept connection was closed between two probes', async () => {
    const server = await closing(https(pair, ok))
    const prober = proberOf(server.origin)
    await prober.probe(NO_STOP)
    const [socket] = server.open
    socket?.destroy()
    await until('connection closed', () => server.open.size === 0)
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    expect(server.handshakes).toBe(2)
  })

  it.each([
    ['closed', (socket: Socket) => socket.destroy()],
    ['ended', (socket: Socket) => socket.end()],
    ['cut in the middle of the headers', (socket: Socket) => socket.end('HTTP/1.1 200')],
  ])('asks again on a new connection when the kept one is %s as the probe arrives', async (_how, close) => {
    const server = await closing(
      perConnection((socket, request) => {
        if (request === 1) socket.write(OK)
        else close(socket)
      }),
    )
    const prober = proberOf(server.origin)
    expect(await probes(3, () => prober.probe(NO_STOP))).toEqual(Array(3).fill('healthy'))
    expect(server.handshakes).toBe(3)
  })

  it('does not ask again on a connection that was new: that is a verdict', async () => {
    const server = await closing(perConnection((socket) => socket.destroy()))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'reset' })
    expect(server.handshakes).toBe(1)
  })

  it('asks again once only: a server that closes the new connection too is dead', async () => {
    let healthy = true
    const server = await closing(perConnection((socket) => (healthy ? socket.write(OK) : socket.destroy())))
    const prober = proberOf(server.origin)
    await prober.probe(NO_STOP)
    healthy = false
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'reset' })
    expect(server.handshakes).toBe(2)
  })

  it('does not ask again when time is up', async () => {
    const server = await closing(
      perConnection((socket, request) => {
        if (request === 1) socket.write(OK)
      }),
    )
    const prober = proberOf(server.origin, { timeoutMs: 200 })
    await prober.probe(NO_STOP)
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'timeout' })
    expect(server.handshakes).toBe(1)
  })

  it('closes its connection', async () => {
    const server = await closing(https(pair, ok))
    const prober = proberOf(server.origin)
    await prober.probe(NO_STOP)
    const [socket] = server.open
    if (socket === undefined) throw new Error('no connection')
    const closed = once(socket, 'close')
    await prober.close()
    await closed
    await prober.close()
  })

  it('leaves no listeners and no sockets behind after 2000 probes, fresh ones among them', async () => {
    const server = await closing(https(pair, ok))
    const prober = proberOf(server.origin)
    const { signal } = new AbortController()
    let round = 0
    const outcomes = await probes(2000, () => {
      round += 1
      return prober.probe(signal, { fresh: round % 20 === 0 })
    })
    expect(new Set(outcomes)).toEqual(new Set(['healthy']))
    expect(server.handshakes).toBe(101)
    await until('all but one closed', () => server.open.size <= 1)
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(10)
  })
})
