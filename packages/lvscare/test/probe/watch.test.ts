import { describe, expect, it } from 'vitest'
import { Fleet, type ProbeRequest, type Verdict, type WatchOptions, watchServer } from '../../src/index.ts'
import { DEAD, HEALTHY, INCONCLUSIVE } from '../verdicts.ts'
import { closing, proberOf } from './setting.ts'
import { http, tcp } from './tls-server.ts'

const FLEET = { adopted: undefined, rise: 1, fall: 1, allDown: 'keep', togetherMs: 1000, nowMs: 0 } as const

interface Watched {
  /** What happened, with the time of the injected clock. */
  readonly events: string[]
  readonly options: WatchOptions
  readonly stop: AbortController
}

/** A watch whose clock moves only by probes (30 ms each) and by sleeping; stops after `rounds` sleeps. */
function watched(verdicts: readonly Verdict[], rounds: number, more: Partial<WatchOptions> = {}): Watched {
  const events: string[] = []
  const stop = new AbortController()
  const left = [...verdicts]
  let nowMs = 0
  const probe = async (_signal: AbortSignal, request: ProbeRequest = {}): Promise<Verdict> => {
    events.push(`${nowMs} probe ${JSON.stringify(request)}`)
    nowMs += 30
    return left.shift() ?? HEALTHY
  }
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms
    events.push(`slept ${ms}`)
    if (events.filter((event) => event.startsWith('slept')).length >= rounds) stop.abort()
  }
  const options = {
    prober: { probe },
    intervalMs: 1000,
    onVerdict: ({ outcome }: Verdict) => outcome === 'dead' && left[0]?.outcome === 'dead',
    sleep,
    clock: () => nowMs,
    random: () => 0.5,
    ...more,
  }
  return { events, options, stop }
}

describe('watchServer', () => {
  it('probes at once, then every interval from start to start', async () => {
    const { events, options, stop } = watched([], 3)
    await watchServer(options, stop.signal)
    expect(events).toEqual([
      '0 probe {}',
      'slept 970',
      '1000 probe {}',
      'slept 970',
      '2000 probe {}',
      'slept 970',
    ])
  })

  it('spreads the interval by a tenth', async () => {
    const draws = [0, 1, 0.75]
    const { events, options, stop } = watched([], 3, { random: () => draws.shift() ?? 0.5 })
    await watchServer(options, stop.signal)
    expect(events.filter((event) => event.startsWith('slept'))).toEqual([
      'slept 870',
      'slept 1070',
      'slept 1020',
    ])
  })

  it('probes again at once, fresh and briefly, as long as the verdict asks for it', async () => {
    const { events, options, stop } = watched([DEAD, DEAD, HEALTHY], 2)
    await watchServer(options, stop.signal)
    expect(events).toEqual([
      '0 probe {}',
      '30 probe {"fresh":true,"timeoutMs":2000}',
      'slept 940',
      '1000 probe {}',
      'slept 970',
    ])
  })

  it('waits for the interval after a verdict that says nothing, also in the middle of a confirmation', async () => {
    const fleet = new Fleet({ ...FLEET, servers: ['a'] })
    const onVerdict = (verdict: Verdict): boolean => fleet.record('a', verdict, 0).confirm
    const { events, options, stop } = watched([DEAD, INCONCLUSIVE, INCONCLUSIVE, DEAD], 3, { onVerdict })
    await watchServer(options, stop.signal)
    expect(events.filter((event) => event.includes('probe'))).toEqual([
      '0 probe {}',
      '30 probe {"fresh":true,"timeoutMs":2000}',
      '1000 probe {}',
      '2000 probe {}',
    ])
    expect(fleet.states().get('a')).toBe('down')
  })

  it('does not wait when a probe took longer than the interval', async () => {
    const { events, options, stop } = watched([], 2, { intervalMs: 10 })
    await watchServer(options, stop.signal)
    expect(events).toEqual(['0 probe {}', 'slept 0', '30 probe {}', 'slept 0'])
  })

  it('ends without a probe when it was stopped before', async () => {
    const { events, options } = watched([], 1)
    await watchServer(options, AbortSignal.abort())
    expect(events).toEqual([])
  })

  it('ends without an error when it is stopped during a probe', async () => {
    const { events, options, stop } = watched([], 9, {
      prober: {
        probe: async (signal) => {
          stop.abort('SIGTERM')
          throw signal.reason
        },
      },
    })
    await watchServer(options, stop.signal)
    expect(events).toHaveLength(1)
  })

  it('does not hide a mistake of ours', async () => {
    const { options, stop } = watched([], 9, {
      onVerdict: () => {
        throw new TypeError('a bug')
      },
    })
    await expect(watchServer(options, stop.signal)).rejects.toThrow('a bug')
  })
})

describe('watchServer, beside another one', () => {
  it('is not slowed by a server that swallows every probe', async () => {
    const hole = await closing(tcp((socket) => void socket.resume(), 'http'))
    const good = await closing(http((_request, response) => void response.end('ok')))
    const stop = new AbortController()
    const counts = { hole: 0, good: 0 }
    const watch = (origin: string, name: keyof typeof counts): Promise<void> => {
      const onVerdict = (): boolean => {
        counts[name] += 1
        return false
      }
      return watchServer(
        { prober: proberOf(origin, { timeoutMs: 400 }), intervalMs: 20, onVerdict },
        stop.signal,
      )
    }
    const watching = Promise.all([watch(hole.origin, 'hole'), watch(good.origin, 'good')])
    setTimeout(() => stop.abort('SIGTERM'), 1000)
    await watching
    expect(counts.hole).toBeLessThanOrEqual(2)
    // Fifty would fit; a busy machine may do with fewer.
    expect(counts.good).toBeGreaterThan(15)
  })
})
