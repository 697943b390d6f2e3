import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fleet, type FleetOptions, type Verdict, type Weights } from '../../src/index.ts'
import { anyVerdict, DEAD, HEALTHY, SICK } from '../verdicts.ts'

const SERVERS = ['a', 'b', 'c']

function fleet(options: Partial<FleetOptions> = {}): Fleet {
  return new Fleet({ servers: SERVERS, adopted: undefined, rise: 1, fall: 1, togetherMs: 1000, ...options })
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
    expect(subject.record('a', SICK, 1)).toEqual({ from: 'up', to: 'draining', confirm: false })
    expect(subject.record('b', DEAD, 1)).toEqual({ from: 'up', to: 'draining', confirm: true })
    expect(shown(subject.weights())).toBe('a=0 b=0 c=1')
    expect(subject.record('b', DEAD, 1)).toEqual({ from: 'draining', to: 'down', confirm: false })
    expect(shown(subject.weights())).toBe('a=0 c=1')
    expect(subject.record('b', HEALTHY, 1)).toEqual({ from: 'down', to: 'up', confirm: false })
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
