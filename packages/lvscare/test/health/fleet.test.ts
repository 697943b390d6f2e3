import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fleet, type FleetOptions, type Verdict, type Weights } from '../../src/index.ts'
import { anyVerdict, DEAD, HEALTHY, INCONCLUSIVE, SICK } from '../verdicts.ts'

const SERVERS = ['a', 'b', 'c']

function fleet(options: Partial<FleetOptions> = {}): Fleet {
  return new Fleet({
    servers: SERVERS,
    adopted: undefined,
    rise: 1,
    fall: 1,
    allDown: 'keep',
    togetherMs: 1000,
    nowMs: 0,
    ...options,
  })
}

/** Such as `a=1 b=0`. */
function shown(weights: Weights): string {
  return [...weights].map(([server, weight]) => `${server}=${weight}`).join(' ')
}

/** Says the same of several servers at one time. */
function tell(subject: Fleet, servers: string, verdicts: readonly Verdict[], nowMs: number): void {
  for (const server of servers) for (const verdict of verdicts) subject.record(server, verdict, nowMs)
}

const OUT = [DEAD, DEAD]

describe('Fleet', () => {
  it('starts a new rule with every server', () => {
    expect(shown(fleet().weights())).toBe('a=1 b=1 c=1')
    expect([...fleet().states().values()]).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('keeps an adopted rule as it was found until there are verdicts', () => {
    const subject = fleet({
      adopted: new Map([
        ['a', 7],
        ['b', 0],
        ['stranger', 5],
      ]),
    })
    expect(shown(subject.weights())).toBe('a=7 b=0')
    tell(subject, 'a', [HEALTHY], 0)
    expect(shown(subject.weights())).toBe('a=1 b=0')
    tell(subject, 'c', [HEALTHY], 0)
    expect(shown(subject.weights())).toBe('a=1 b=0 c=1')
    tell(subject, 'b', [HEALTHY], 0)
    expect(shown(subject.weights())).toBe('a=1 b=1 c=1')
  })

  it('drains a sick server and takes a dead one out when that is confirmed', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    expect(subject.record('a', SICK, 1)).toMatchObject({ from: 'up', to: 'draining', confirm: false })
    expect(subject.record('b', DEAD, 1)).toMatchObject({ from: 'up', to: 'draining', confirm: true })
    expect(shown(subject.weights())).toBe('a=0 b=0 c=1')
    expect(subject.record('b', DEAD, 1)).toMatchObject({ from: 'draining', to: 'down', confirm: false })
    expect(shown(subject.weights())).toBe('a=0 c=1')
    expect(subject.record('b', HEALTHY, 1)).toMatchObject({ from: 'down', to: 'up', confirm: false })
    expect(shown(subject.weights())).toBe('a=0 b=1 c=1')
  })

  it('keeps the last good set when all fail together, without the server that was dead for long', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'c', OUT, 100)
    tell(subject, 'a', OUT, 5000)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['b=1', false])
    tell(subject, 'b', [DEAD], 5900)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=1', true])
  })

  it.each([
    [1000, 'a=1 b=1 c=1'],
    [1001, 'c=1'],
  ])('counts servers that failed %d ms ago as failed together up to togetherMs', (ms, expected) => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'ab', [SICK], 10)
    tell(subject, 'c', [SICK], 10 + ms)
    expect(shown(subject.weights())).toBe(expected)
  })

  it('counts from the last time a server was good, not from the first', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'abc', [HEALTHY], 60_000)
    tell(subject, 'abc', OUT, 60_500)
    expect(shown(subject.weights())).toBe('a=1 b=1 c=1')
  })

  it('holds the set while everybody stays bad, however long and with whatever verdicts', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'c', OUT, 1)
    tell(subject, 'ab', OUT, 2000)
    for (let ms = 3000; ms < 100_000; ms += 1000) tell(subject, 'abc', [SICK, DEAD], ms)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=1', true])
  })

  it('leaves all-down when the first one recovers: the others keep their connections until they are asked again', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'ab', OUT, 1)
    tell(subject, 'c', [SICK], 1)
    subject.record('a', HEALTHY, 5000)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=0 c=0', false])
    tell(subject, 'b', [DEAD], 5001)
    expect(shown(subject.weights())).toBe('a=1 c=0')
  })

  it('lets those who were held keep their connections while they are on the way up, and while they are only sick', () => {
    const subject = fleet({ rise: 2 })
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'abc', OUT, 1)
    tell(subject, 'a', [HEALTHY, HEALTHY], 2)
    expect(shown(subject.weights())).toBe('a=1 b=0 c=0')
    tell(subject, 'b', [HEALTHY], 3)
    tell(subject, 'c', [SICK, INCONCLUSIVE, SICK], 3)
    expect(shown(subject.weights())).toBe('a=1 b=0 c=0')
    tell(subject, 'b', [HEALTHY], 4)
    tell(subject, 'c', [DEAD], 4)
    expect(shown(subject.weights())).toBe('a=1 b=1')
  })

  it('gives the same map as long as nothing changes: it is asked for on every pass', () => {
    const subject = fleet()
    tell(subject, 'abc', [HEALTHY], 0)
    const weights = subject.weights()
    tell(subject, 'abc', [HEALTHY, INCONCLUSIVE], 1)
    expect(subject.weights()).toBe(weights)
  })

  it('takes everybody when nobody was ever good', () => {
    const subject = fleet({ adopted: new Map() })
    expect(shown(subject.weights())).toBe('a=1 b=1 c=1')
    tell(subject, 'abc', OUT, 0)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=1 c=1', true])
  })

  it('starts with everybody where the adopted rule has none of ours to connect to', () => {
    for (const adopted of [new Map([['stranger', 1]]), new Map([['a', 0]]), new Map<string, number>()]) {
      expect(shown(fleet({ adopted }).weights())).toBe('a=1 b=1 c=1')
    }
    expect(
      shown(
        fleet({
          adopted: new Map([
            ['a', 1],
            ['stranger', 1],
          ]),
        }).weights(),
      ),
    ).toBe('a=1')
  })

  it('keeps an adopted member that dies while the server missing beside it has no verdict yet', () => {
    const subject = fleet({ servers: ['a', 'b'], adopted: new Map([['a', 1]]) })
    tell(subject, 'a', OUT, 0)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1', true])
    subject.record('b', HEALTHY, 1)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=0 b=1', false])
  })

  it('holds adopted weights as they were', () => {
    const subject = fleet({
      servers: ['a', 'b'],
      adopted: new Map([
        ['a', 3],
        ['b', 0],
      ]),
    })
    tell(subject, 'ab', OUT, 0)
    expect(shown(subject.weights())).toBe('a=3')
  })

  it('removes each server as it is down when told so, down to the last one, and says that nobody is left', () => {
    const subject = fleet({ allDown: 'remove' })
    tell(subject, 'abc', [HEALTHY], 0)
    tell(subject, 'ab', OUT, 1)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['c=1', false])
    tell(subject, 'c', [DEAD], 1)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['c=0', true])
    tell(subject, 'c', [DEAD], 1)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['', true])
    tell(subject, 'b', [HEALTHY], 2)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['b=1', false])
  })

  it('refuses a verdict on a server that is not configured', () => {
    expect(() => fleet().record('x', HEALTHY, 0)).toThrow(RangeError)
  })
})

const anyAdopted = fc.option(
  fc.dictionary(fc.constantFrom(...SERVERS), fc.nat(3)).map((weights) => new Map(Object.entries(weights))),
  { nil: undefined },
)
const anyNews = fc.array(fc.tuple(fc.constantFrom(...SERVERS), anyVerdict, fc.nat(3000)), { minLength: 1 })
const anyOptions = fc.record({
  rise: fc.integer({ min: 1, max: 3 }),
  fall: fc.integer({ min: 1, max: 3 }),
  adopted: anyAdopted,
})

describe('Fleet, over time', () => {
  it('knows since when a server is in its state, and since when it fails', () => {
    const subject = fleet({ fall: 2, rise: 2, nowMs: 100 })
    const at = () => subject.standings().get('a')
    expect(at()).toMatchObject({ state: 'unknown', sinceMs: 100, failingSinceMs: undefined })
    subject.record('a', HEALTHY, 200)
    subject.record('a', HEALTHY, 300)
    expect(at()).toMatchObject({ state: 'up', sinceMs: 200, failingSinceMs: undefined })
    subject.record('a', SICK, 400)
    expect(at()).toMatchObject({ state: 'up', sinceMs: 200, failingSinceMs: 400 })
    subject.record('a', INCONCLUSIVE, 450)
    subject.record('a', SICK, 500)
    expect(at()).toMatchObject({ state: 'draining', sinceMs: 500, failingSinceMs: 400 })
    subject.record('a', HEALTHY, 600)
    expect(at()).toMatchObject({ state: 'draining', sinceMs: 500, failingSinceMs: 400 })
    subject.record('a', HEALTHY, 700)
    expect(at()).toMatchObject({ state: 'up', sinceMs: 700, failingSinceMs: undefined })
    expect([...subject.standings().keys()]).toEqual(SERVERS)
  })

  it('says with each change how long the server has been failing, or had been', () => {
    const subject = fleet()
    const failing = (verdict: Verdict, nowMs: number) => subject.record('a', verdict, nowMs).failingMs
    expect([failing(HEALTHY, 10), failing(HEALTHY, 20)]).toEqual([undefined, undefined])
    expect([failing(DEAD, 30), failing(DEAD, 35), failing(INCONCLUSIVE, 40)]).toEqual([0, 5, 10])
    expect([failing(HEALTHY, 90), failing(HEALTHY, 95)]).toEqual([60, undefined])
    expect(failing(SICK, 100)).toBe(0)
  })

  it('forgets a failure that was too short to change anything', () => {
    const subject = fleet({ fall: 3 })
    tell(subject, 'a', [HEALTHY, SICK, SICK, HEALTHY], 10)
    expect(subject.standings().get('a')).toMatchObject({
      state: 'up',
      sinceMs: 10,
      failingSinceMs: undefined,
    })
  })
})

describe('Fleet, whatever happens', () => {
  /** The invariant: from the first verdict on, somebody takes new connections. */
  it('never leaves the rule without a member of weight above 0', () => {
    fc.assert(
      fc.property(anyOptions, anyNews, (options, news) => {
        const subject = fleet(options)
        let nowMs = 0
        for (const [server, verdict, ms] of news) {
          nowMs += ms
          subject.record(server, verdict, nowMs)
          expect(Math.max(0, ...subject.weights().values())).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not notice an inconclusive verdict, wherever it comes', () => {
    fc.assert(
      fc.property(anyOptions, anyNews, (options, news) => {
        const [told, spared] = [fleet(options), fleet(options)]
        let nowMs = 0
        for (const [server, verdict, ms] of news) {
          nowMs += ms
          told.record(server, INCONCLUSIVE, nowMs)
          told.record(server, verdict, nowMs)
          spared.record(server, verdict, nowMs)
          expect([told.weights(), told.standings(), told.allDown]).toEqual([
            spared.weights(),
            spared.standings(),
            spared.allDown,
          ])
        }
      }),
    )
  })

  it('removes nobody but the dead and who was never in the rule, and says truly whether anybody takes connections', () => {
    fc.assert(
      fc.property(anyOptions, anyNews, fc.constantFrom('keep', 'remove'), (options, news, allDown) => {
        const subject = fleet({ ...options, allDown })
        let nowMs = 0
        for (const [server, verdict, ms] of news) {
          nowMs += ms
          subject.record(server, verdict, nowMs)
          const taking = [...subject.weights().values()].some((weight) => weight > 0)
          expect(taking).toBe(allDown === 'keep' || !subject.allDown)
          expect(subject.holds).toBe(allDown === 'keep' && subject.allDown)
          for (const [name, { state }] of subject.standings()) {
            if (state === 'draining' && !subject.allDown) expect(subject.weights().get(name)).toBe(0)
            if (allDown === 'remove' && state === 'down') expect(subject.weights().has(name)).toBe(false)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives every server that is up weight 1, nobody bad any while one is up, and holds only while none is', () => {
    fc.assert(
      fc.property(anyOptions, anyNews, (options, news) => {
        const subject = fleet(options)
        for (const [server, verdict, ms] of news) {
          subject.record(server, verdict, ms)
          const up = [...subject.states()].filter(([, state]) => state === 'up').map(([name]) => name)
          for (const name of up) expect(subject.weights().get(name)).toBe(1)
          if (up.length === 0) continue
          expect(subject.allDown).toBe(false)
          for (const [name, state] of subject.states()) {
            if (state === 'down') expect(subject.weights().get(name) ?? 0).toBe(0)
            if (state === 'draining') expect(subject.weights().get(name)).toBe(0)
          }
        }
      }),
    )
  })
})

describe('Fleet, begun anew', () => {
  it('lets a server that was out prove itself, and one that was in at its first healthy answer', () => {
    const subject = fleet({
      rise: 3,
      adopted: new Map([
        ['a', 1],
        ['b', 0],
      ]),
    })
    const states = (): unknown[] => [...subject.states().values()]
    for (const server of ['a', 'b', 'c']) subject.record(server, HEALTHY, 1)
    expect(states()).toEqual(['up', 'unknown', 'unknown'])
    for (const server of ['b', 'c', 'b', 'c']) subject.record(server, HEALTHY, 2)
    expect(states()).toEqual(['up', 'up', 'up'])
  })

  it('fills a new rule with everybody, who are up at their first healthy answer', () => {
    const subject = fleet({ rise: 3, adopted: undefined })
    subject.record('a', HEALTHY, 1)
    expect(subject.states().get('a')).toBe('up')
  })

  it('leaves a rule where nobody takes connections as it is, where that is wanted', () => {
    const adopted = new Map([['a', 0]])
    expect(fleet({ adopted, allDown: 'remove' }).weights()).toEqual(adopted)
    expect(fleet({ adopted, allDown: 'remove' }).allDown).toBe(true)
    expect([...fleet({ adopted, allDown: 'keep' }).weights().values()]).toEqual([1, 1, 1])
  })
})
