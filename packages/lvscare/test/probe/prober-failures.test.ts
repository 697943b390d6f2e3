import { describe, expect, it } from 'vitest'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { http, https, nobody, selfSigned, tcp } from './tls-server.ts'

const pair = selfSigned()

/** The verdict, and that it took about `limitMs` and not much longer. */
async function timed<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work
  const ms = performance.now() - start
  expect(ms).toBeGreaterThanOrEqual(limitMs - 20)
  expect(ms).toBeLessThan(limitMs + 1000)
  return result
}

describe('Prober, on a server in trouble', () => {
  it('calls one that never answers a request dead by timeout, in time', async () => {
    const server = await closing(https(pair, () => undefined))
    const verdict = await timed(200, proberOf(server.origin, { timeoutMs: 200 }).probe(NO_STOP))
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout', detail: 'no answer within 200 ms' })
    expect(verdict.ms).toBeGreaterThanOrEqual(180)
  })

  it('calls one that accepts and never shakes hands dead by timeout, in time', async () => {
    const server = await closing(tcp(() => undefined))
    const verdict = await timed(200, proberOf(server.origin, { timeoutMs: 200 }).probe(NO_STOP))
    const detail = 'no TLS handshake within 200 ms'
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout', detail })
  })

  it('calls one that begins an answer and never ends it dead by timeout, in time', async () => {
    const server = await closing(https(pair, (_request, response) => void response.write('o')))
    const verdict = await timed(200, proberOf(server.origin, { timeoutMs: 200 }).probe(NO_STOP))
    const detail = 'no end of the answer within 200 ms'
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'timeout', detail })
  })

  it('takes the shorter limit of a request, also while it connects, and never a longer one', async () => {
    const server = await closing(tcp(() => undefined))
    const prober = proberOf(server.origin, { timeoutMs: 300 })
    const short = await timed(100, prober.probe(NO_STOP, { fresh: true, timeoutMs: 100 }))
    expect(short).toMatchObject({ outcome: 'dead', detail: 'no TLS handshake within 100 ms' })
    const long = await timed(300, prober.probe(NO_STOP, { fresh: true, timeoutMs: 60_000 }))
    expect(long).toMatchObject({ outcome: 'dead', detail: 'no TLS handshake within 300 ms' })
  })

  it('calls a refused connection dead', async () => {
    const verdict = await proberOf(await nobody()).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'refused' })
    expect(verdict).toHaveProperty('detail', expect.stringContaining('ECONNREFUSED'))
  })

  it('calls a reset inside the handshake dead', async () => {
    const server = await closing(tcp((socket) => socket.once('data', () => socket.resetAndDestroy())))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'reset' })
  })

  it('calls a close inside the handshake dead, after one try', async () => {
    const server = await closing(tcp((socket) => socket.once('data', () => socket.end())))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'reset' })
    expect(server.connections).toBe(1)
  })

  it('calls plain HTTP on a TLS port dead by TLS', async () => {
    const server = await closing(http((_request, response) => void response.end('ok'), 'https'))
    expect(await proberOf(server.origin).probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'tls' })
  })

  it('tells of it on one line', async () => {
    const server = await closing(http((_request, response) => void response.end('ok'), 'https'))
    const verdict = await proberOf(server.origin).probe(NO_STOP)
    expect(verdict.outcome === 'dead' && verdict.detail).toMatch(/^[^\n]+$/)
  })

  it('sees a server come, go and come back', async () => {
    const server = await https(pair, (_request, response) => void response.end('ok'))
    const prober = proberOf(server.origin)
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    await server.close()
    expect(await prober.probe(NO_STOP)).toMatchObject({ outcome: 'dead', reason: 'refused' })
  })
})

describe('Prober, told to stop', () => {
  it.each([
    ['while it waits for an answer', () => https(pair, () => undefined)],
    ['while it connects', () => tcp(() => undefined)],
  ])('rejects quickly with the reason of the signal %s', async (_when, start) => {
    const server = await closing(start())
    const stop = new AbortController()
    const probing = proberOf(server.origin, { timeoutMs: 60_000 }).probe(stop.signal)
    setTimeout(() => stop.abort('SIGTERM'), 50)
    await timed(50, expect(probing).rejects.toBe('SIGTERM'))
  })

  it('rejects without a request when it was stopped before', async () => {
    const server = await closing(https(pair, () => undefined))
    await expect(proberOf(server.origin).probe(AbortSignal.abort('SIGINT'))).rejects.toBe('SIGINT')
    expect(server.connections).toBe(0)
  })
})
