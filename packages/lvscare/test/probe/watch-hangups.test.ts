import { describe, expect, it } from 'vitest'
import { watchServer } from '../../src/index.ts'
import type { Prober } from '../../src/probe/prober.ts'
import { until } from '../wait.ts'
import { closing, proberOf } from './setting.ts'
import { selfSigned, streams, type TestServer, tls } from './tls-server.ts'

const pair = selfSigned()
const LIMIT_MS = 15_000

/** A watch of a server that is asked whether it is ready too, and what it has told, one word for each. */
function watching(server: TestServer, intervalMs: number) {
  const events: string[] = []
  const stop = new AbortController()
  const health = { path: '/healthz', readyPath: '/readyz' }
  const prober: Prober = proberOf(server.origin, health, { sentinel: true })
  const options = {
    prober,
    intervalMs,
    onVerdict: ({ outcome }: { outcome: string }) => events.push(outcome) < 0,
    onSuspicion: ({ reason }: { reason: string }) => void events.push(reason),
  }
  const watch = watchServer(options, stop.signal)
  const end = async (): Promise<void> => {
    stop.abort()
    await watch
  }
  return { events, prober, end }
}

describe('watchServer', () => {
  it('stops at once when the stop comes in the middle of a probe', async () => {
    const stop = new AbortController()
    let [isProbing, pauses] = [false, 0]
    const probe = (signal: AbortSignal): Promise<never> => {
      isProbing = true
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    }
    const watch = watchServer(
      {
        prober: { probe },
        intervalMs: 3_600_000,
        onVerdict: () => false,
        sleep: async (_ms, signal) => {
          pauses += signal.aborted ? 0 : 1
        },
      },
      stop.signal,
    )
    await until('a probe', () => isProbing)
    stop.abort()
    await watch
    expect(pauses).toBe(0)
  })

  it('has a verdict on a server that hangs up when it is asked whether it is ready', async () => {
    const server = await closing(
      tls(pair, (socket) =>
        socket.on('data', (data) => {
          if (!data.toString('latin1').startsWith('GET /healthz')) socket.end()
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
        }),
      ),
    )
    const { events, end } = watching(server, 3_600_000)
    await until('the verdict', () => events.length > 0, LIMIT_MS)
    await end()
    expect(events).toEqual(['dead'])
    // Asked again on a new one, because the connection had carried an answer.
    expect(server.connections).toBe(2)
  })

  it('learns from a server that says goodbye after each probe of two questions', async () => {
    const server = await closing(
      streams(pair, (stream) => {
        stream.respond({ ':status': 200 }, { endStream: true })
        const { session, id } = stream
        if (id === 3) setTimeout(() => session?.destroyed || session?.goaway(0, id), 5)
      }),
    )
    const { events, prober, end } = watching(server, 400)
    await until('it has learned', () => prober.sentinel.waitMs === 400, LIMIT_MS)
    await end()
    expect(new Set(events)).toEqual(new Set(['healthy']))
  })
})
