import { describe, expect, it } from 'vitest'
import { Fleet, type ProbeRequest, type Verdict, type WatchOptions, watchServer } from '../../src/index.ts'
import type { Alarm, Listener } from '../../src/probe/sentinel.ts'
import type { SentinelView, SuspicionResult } from '../../src/probe/suspicion.ts'
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
      '30 probe {"confirm":true}',
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
      '30 probe {"confirm":true}',
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

/** A sentinel that says what a test wants it to, and what it was told. */
function fakeSentinel(events: string[]) {
  let onAlarm: (alarm: Alarm) => void = () => undefined
  return {
    watches: 'none' as SentinelView['watches'],
    listen(listener: Listener): () => void {
      onAlarm = listener.onAlarm
      return () => void events.push('left')
    },
    conclude: (result: SuspicionResult) => void events.push(`concluded ${result}`),
    alarm: (alarm: Alarm) => onAlarm(alarm),
  }
}

const SUSPICION: Alarm = {
  kind: 'suspicion',
  suspicion: { reason: 'closed', detail: 'the server ended the connection' },
}

/** A watch of a server whose probes and pauses a test ends, and in which it may raise an alarm at any moment. */
function alarmed(
  steps: readonly ((say: (alarm: Alarm) => void) => Verdict | 'nothing' | 'due')[],
  more: Partial<WatchOptions> = {},
) {
  const events: string[] = []
  const stop = new AbortController()
  const sentinel = fakeSentinel(events)
  const left = [...steps]
  let nowMs = 0
  /** One step: a verdict ends a probe, `due` a pause, and `nothing` leaves that to an alarm. */
  const step = async (what: string, signal: AbortSignal): Promise<Verdict | undefined> => {
    events.push(what)
    const next = left.shift()
    if (next === undefined) stop.abort()
    const result = next?.(sentinel.alarm)
    if (typeof result === 'object') return result
    if (result === 'nothing' && !signal.aborted) throw new Error('a step without an alarm')
    return undefined
  }
  const probe = async (signal: AbortSignal, request: ProbeRequest = {}): Promise<Verdict> => {
    const verdict = await step(`probe ${JSON.stringify(request)}`, signal)
    if (verdict === undefined) throw signal.reason
    return verdict
  }
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    await step(`sleep ${ms}`, signal)
    if (!signal.aborted) nowMs += ms
  }
  const options: WatchOptions = {
    prober: { probe, sentinel },
    intervalMs: 1000,
    onVerdict: ({ outcome }) => {
      events.push(outcome)
      return false
    },
    onSuspicion: ({ reason }) => void events.push(`suspected: ${reason}`),
    onCleared: () => void events.push('cleared'),
    sleep,
    clock: () => nowMs,
    random: () => 0.5,
    ...more,
  }
  return { events, sentinel, run: () => watchServer(options, stop.signal) }
}

const nothing = (say: (alarm: Alarm) => void): 'nothing' => {
  say(SUSPICION)
  return 'nothing'
}

describe('watchServer, with a sentinel', () => {
  it('drains and confirms at once when a suspicion comes between two probes', async () => {
    const { events, run } = alarmed([() => HEALTHY, nothing, () => DEAD])
    await run()
    expect(events).toEqual([
      'probe {}',
      'healthy',
      'sleep 1000',
      'suspected: closed',
      'probe {"confirm":true}',
      'concluded confirmed',
      'dead',
      'sleep 1000',
      'left',
    ])
  })

  it('does so in the middle of a probe as well, which has no verdict', async () => {
    const { events, run } = alarmed([nothing, () => HEALTHY])
    await run()
    expect(events).toEqual([
      'probe {}',
      'suspected: closed',
      'probe {"confirm":true}',
      'concluded false',
      'healthy',
      'sleep 1000',
      'left',
    ])
  })

  it('does so when the suspicion comes with the verdict', async () => {
    const { events, run } = alarmed([
      (say) => {
        say(SUSPICION)
        return HEALTHY
      },
      () => INCONCLUSIVE,
    ])
    await run()
    expect(events).toEqual([
      'probe {}',
      'healthy',
      'suspected: closed',
      'probe {"confirm":true}',
      'concluded inconclusive',
      'inconclusive',
      // Not a whole interval: the server waits at weight 0 for somebody to say what it is.
      'sleep 500',
      'left',
    ])
  })

  it('gives the confirming probe up when the suspected connection answers after all', async () => {
    const { events, run } = alarmed([
      () => HEALTHY,
      nothing,
      (say) => {
        say({ kind: 'cleared' })
        return 'nothing'
      },
    ])
    await run()
    expect(events).toEqual([
      'probe {}',
      'healthy',
      'sleep 1000',
      'suspected: closed',
      'probe {"confirm":true}',
      'concluded false',
      'cleared',
      'sleep 1000',
      'left',
    ])
  })

  it('pairs a suspicion that was cleared before anybody looked', async () => {
    const { events, run } = alarmed([
      () => HEALTHY,
      (say) => {
        say(SUSPICION)
        say({ kind: 'cleared' })
        return 'nothing'
      },
    ])
    await run()
    expect(events.slice(2)).toEqual([
      'sleep 1000',
      'suspected: closed',
      'concluded false',
      'cleared',
      'sleep 1000',
      'left',
    ])
  })

  it('probes soon, without a suspicion, when a connection has ended as connections do', async () => {
    const ended = (teaches: boolean) => (say: (alarm: Alarm) => void) => {
      say({ kind: 'ended', waitMs: 120, teaches })
      return 'nothing' as const
    }
    for (const teaches of [false, true]) {
      const { events, run } = alarmed([() => HEALTHY, ended(teaches), () => 'due', () => HEALTHY])
      await run()
      expect(events).toEqual([
        'probe {}',
        'healthy',
        'sleep 1000',
        'sleep 120',
        'probe {}',
        ...(teaches ? ['concluded false'] : []),
        'healthy',
        'sleep 1000',
        'left',
      ])
    }
  })

  it('does not probe again for a connection that the same probe has replaced, but learns from it', async () => {
    const { events, run, sentinel } = alarmed([
      (say) => {
        say({ kind: 'ended', waitMs: 0, teaches: true })
        sentinel.watches = 'tls'
        return HEALTHY
      },
    ])
    await run()
    expect(events).toEqual(['probe {}', 'healthy', 'concluded false', 'sleep 1000', 'left'])
  })

  it('never waits longer than until the next probe is due', async () => {
    const { events, run } = alarmed([
      () => HEALTHY,
      (say) => {
        say({ kind: 'ended', waitMs: 60_000, teaches: true })
        return 'nothing'
      },
    ])
    await run()
    expect(events.slice(2)).toEqual(['sleep 1000', 'sleep 1000', 'left'])
  })

  it('does not hide a mistake of those whom it tells', async () => {
    const { run } = alarmed([nothing], {
      onSuspicion: () => {
        throw new TypeError('a bug')
      },
    })
    await expect(run()).rejects.toThrow('a bug')
  })
})

describe('watchServer, on a server that is out', () => {
  it('probes soon, then less and less often, and as usual once it is back', async () => {
    let isDown = true
    const { events, options, stop } = watched(Array(9).fill(DEAD), 9, {
      intervalMs: 4000,
      onVerdict: () => false,
      isDown: () => isDown,
    })
    const running = watchServer(
      {
        ...options,
        onVerdict: () => {
          if (events.filter((event) => event.includes('probe')).length === 6) isDown = false
          if (events.filter((event) => event.includes('probe')).length === 7) isDown = true
          return false
        },
      },
      stop.signal,
    )
    await running
    const slept = events.filter((event) => event.startsWith('slept'))
    expect(slept).toEqual([470, 970, 1970, 2970, 2970, 3970, 470, 970, 1970].map((ms) => `slept ${ms}`))
  })

  it('is spread by half', async () => {
    const draws = [0, 1]
    const { events, options, stop } = watched([DEAD, DEAD], 2, {
      onVerdict: () => false,
      isDown: () => true,
      random: () => draws.shift() ?? 0.5,
    })
    await watchServer(options, stop.signal)
    expect(events.filter((event) => event.startsWith('slept'))).toEqual(['slept 220', 'slept 970'])
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
    // Fifty would fit; a busy machine may do with fewer. One after the other it would be three.
    expect(counts.good).toBeGreaterThan(6)
  })
})
