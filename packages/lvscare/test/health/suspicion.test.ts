import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fleet, type FleetOptions, type Verdict, type Weights } from '../../src/index.ts'
import { anyVerdict, DEAD, HEALTHY, INCONCLUSIVE, SICK } from '../verdicts.ts'

const SERVERS = ['a', 'b', 'c']

function fleet(options: Partial<FleetOptions> = {}): Fleet {
  const usual = { rise: 1, fall: 1, allDown: 'keep', togetherMs: 1000, nowMs: 0 } as const
  return new Fleet({ servers: SERVERS, adopted: undefined, ...usual, ...options })
}

function allUp(options: Partial<FleetOptions> = {}): Fleet {
  const subject = fleet(options)
  for (const server of SERVERS) subject.record(server, HEALTHY, 0)
  return subject
}

/** Such as `a=1 b=0`. */
function shown(weights: Weights): string {
  return [...weights].map(([server, weight]) => `${server}=${weight}`).join(' ')
}

describe('A suspicion', () => {
  it('drains at once, and the dead verdict of the probe that follows removes', () => {
    const subject = allUp()
    expect(subject.suspect('a', 5)).toEqual({ from: 'up', to: 'draining', confirm: false, failingMs: 0 })
    expect(shown(subject.weights())).toBe('a=0 b=1 c=1')
    expect(subject.record('a', DEAD, 8)).toEqual({
      from: 'draining',
      to: 'down',
      confirm: false,
      failingMs: 3,
    })
    expect(shown(subject.weights())).toBe('b=1 c=1')
  })

  it('that a healthy answer proves false brings the server back at once, whatever --rise says', () => {
    const subject = allUp({ rise: 5 })
    for (let round = 0; round < 5; round += 1) subject.record('a', HEALTHY, 1)
    subject.suspect('a', 5)
    expect(subject.record('a', HEALTHY, 6)).toMatchObject({ from: 'draining', to: 'up' })
    expect(subject.standings().get('a')).toMatchObject({ suspected: false, failingSinceMs: undefined })
  })

  it('leaves a server in use that answers as sick fewer times than --fall, and drained after that', () => {
    const subject = allUp({ fall: 2 })
    subject.suspect('a', 5)
    expect(subject.record('a', SICK, 6).to).toBe('up')
    subject.suspect('a', 7)
    expect(subject.record('a', SICK, 8).to).toBe('draining')
  })

  it('that the server itself clears leaves nothing behind', () => {
    const subject = allUp()
    subject.suspect('a', 5)
    expect(subject.clear('a', 7)).toEqual({ from: 'draining', to: 'up', confirm: false, failingMs: 2 })
    expect(subject.record('a', DEAD, 8)).toMatchObject({ to: 'draining', confirm: true })
    expect(subject.clear('a', 9)).toMatchObject({ from: 'draining', to: 'draining' })
  })

  it('of a server that is drained already changes nothing but how soon it is down', () => {
    const subject = allUp()
    subject.record('a', SICK, 1)
    expect(subject.suspect('a', 5)).toMatchObject({ from: 'draining', to: 'draining' })
    expect(subject.standings().get('a')).toMatchObject({ sinceMs: 1, suspected: true })
    expect(subject.clear('a', 6)).toMatchObject({ from: 'draining', to: 'draining' })
    subject.suspect('a', 7)
    expect(subject.record('a', DEAD, 8).to).toBe('down')
    expect(subject.suspect('a', 9)).toMatchObject({ from: 'down', to: 'down' })
  })

  it('stays while probes say nothing', () => {
    const subject = allUp()
    subject.suspect('a', 5)
    subject.record('a', INCONCLUSIVE, 6)
    expect(shown(subject.weights())).toBe('a=0 b=1 c=1')
    expect(subject.record('a', DEAD, 7).to).toBe('down')
  })

  it('of every server at once leaves the rule as it is, also when all of them are confirmed', () => {
    const subject = allUp()
    for (const server of SERVERS) subject.suspect(server, 5)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=1 c=1', true])
    for (const server of SERVERS) subject.record(server, DEAD, 8)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=1 b=1 c=1', true])
    subject.record('b', HEALTHY, 9)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=0 b=1 c=0', false])
  })

  it('of every server at once is over with the first that answers', () => {
    const subject = allUp()
    for (const server of SERVERS) subject.suspect(server, 5)
    subject.clear('c', 6)
    expect([shown(subject.weights()), subject.allDown]).toEqual(['a=0 b=0 c=1', false])
    subject.record('a', HEALTHY, 7)
    subject.record('b', DEAD, 7)
    expect(shown(subject.weights())).toBe('a=1 c=1')
  })
})

describe('A planned stop', () => {
  const NOT_READY: Verdict = { outcome: 'sick', reason: 'not-ready', status: 500, ms: 1 }
  const SILENT: Verdict = { outcome: 'dead', reason: 'timeout', detail: 'no answer', ms: 1 }
  const planned = (subject: Fleet): unknown => subject.standings().get('a')?.planned

  it('is one that was announced before connections are refused', () => {
    const subject = allUp()
    expect(planned(subject)).toBe(false)
    for (const verdict of [NOT_READY, DEAD, DEAD]) subject.record('a', verdict, 1)
    expect([planned(subject), subject.states().get('a')]).toEqual([true, 'down'])
    subject.record('a', HEALTHY, 2)
    expect(planned(subject)).toBe(false)
  })

  it('is one with a suspicion in between', () => {
    const subject = allUp()
    subject.record('a', NOT_READY, 1)
    subject.suspect('a', 2)
    subject.record('a', DEAD, 3)
    expect([planned(subject), subject.states().get('a')]).toEqual([true, 'down'])
  })

  it('is not one without announcement, nor one that ends in silence', () => {
    const subject = allUp()
    for (const verdict of [DEAD, DEAD]) subject.record('a', verdict, 1)
    expect(planned(subject)).toBe(false)
    const silent = allUp()
    for (const verdict of [NOT_READY, DEAD, DEAD, SILENT]) silent.record('a', verdict, 1)
    expect(planned(silent)).toBe(false)
  })
})

/** What may happen to a server: a verdict, or something its sentinel sees. */
const anyEvidence = fc.oneof(
  { arbitrary: anyVerdict, weight: 3 },
  { arbitrary: fc.constantFrom('suspect' as const, 'clear' as const), weight: 2 },
)
const anyTimeline = fc.array(fc.tuple(fc.constantFrom(...SERVERS), anyEvidence, fc.nat(3000)), {
  minLength: 1,
})
const anyOptions = fc.record({
  rise: fc.integer({ min: 1, max: 3 }),
  fall: fc.integer({ min: 1, max: 3 }),
  adopted: fc.option(
    fc.dictionary(fc.constantFrom(...SERVERS), fc.nat(3)).map((weights) => new Map(Object.entries(weights))),
    { nil: undefined },
  ),
})

function tell(
  subject: Fleet,
  [server, evidence, nowMs]: [string, Verdict | 'suspect' | 'clear', number],
): void {
  if (evidence === 'suspect' || evidence === 'clear') subject[evidence](server, nowMs)
  else subject.record(server, evidence, nowMs)
}

describe('Evidence of every kind, in any order', () => {
  it('never empties the rule', () => {
    fc.assert(
      fc.property(anyOptions, anyTimeline, (options, timeline) => {
        const subject = fleet(options)
        let nowMs = 0
        for (const [server, evidence, ms] of timeline) {
          nowMs += ms
          tell(subject, [server, evidence, nowMs])
          expect(Math.max(0, ...subject.weights().values())).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never leaves a server out that the last verdicts call healthy', () => {
    fc.assert(
      fc.property(anyOptions, anyTimeline, fc.constantFrom(...SERVERS), (options, timeline, server) => {
        const subject = fleet(options)
        for (const [one, evidence] of timeline) tell(subject, [one, evidence, 1])
        for (let times = 0; times < options.rise; times += 1) subject.record(server, HEALTHY, 2)
        expect(subject.states().get(server)).toBe('up')
        expect(subject.weights().get(server)).toBe(1)
      }),
      { numRuns: 300 },
    )
  })

  it('ends every drain in up or down as soon as probes agree, and no suspicion outlives a verdict', () => {
    fc.assert(
      fc.property(anyOptions, anyTimeline, fc.constantFrom(HEALTHY, DEAD), (options, timeline, last) => {
        const subject = fleet(options)
        for (const [one, evidence] of timeline) tell(subject, [one, evidence, 1])
        for (const server of SERVERS) {
          for (let times = 0; times < 3; times += 1) subject.record(server, last, 2)
          expect(subject.standings().get(server)).toMatchObject({
            state: last === HEALTHY ? 'up' : 'down',
            suspected: false,
          })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('ends the same with a suspicion that was cleared as without it', () => {
    fc.assert(
      fc.property(anyOptions, fc.array(anyVerdict), fc.array(anyVerdict), (options, before, after) => {
        const [told, spared] = [fleet(options), fleet(options)]
        const both = (verdict: Verdict): void => {
          for (const subject of [told, spared]) subject.record('a', verdict, 1)
        }
        before.forEach(both)
        // Of a dead verdict that was not confirmed yet, an answer afterwards leaves nothing.
        fc.pre(before.findLast(({ outcome }) => outcome !== 'inconclusive')?.outcome !== 'dead')
        told.suspect('a', 2)
        told.clear('a', 3)
        after.forEach(both)
        expect(told.states()).toEqual(spared.states())
      }),
      { numRuns: 300 },
    )
  })
})
