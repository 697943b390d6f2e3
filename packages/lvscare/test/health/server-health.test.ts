import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  judge,
  needsConfirmation,
  type ServerHealth,
  type State,
  UNKNOWN,
  type Verdict,
} from '../../src/index.ts'
import { anyConclusive, anyVerdict, DEAD, HEALTHY, INCONCLUSIVE, SICK, UNAUTHORIZED } from '../verdicts.ts'

const VERDICTS: Record<string, Verdict> = { h: HEALTHY, u: UNAUTHORIZED, s: SICK, d: DEAD, i: INCONCLUSIVE }

/** The states after each of the verdicts, written as letters. */
function walk(letters: string, thresholds: { rise: number; fall: number }): string {
  let health = UNKNOWN
  const states: State[] = []
  for (const letter of letters) {
    health = judge(health, VERDICTS[letter] ?? HEALTHY, thresholds)
    states.push(health.state)
  }
  return states.join(' ')
}

const anyThresholds = fc.record({
  rise: fc.integer({ min: 1, max: 4 }),
  fall: fc.integer({ min: 1, max: 4 }),
})

function after(verdicts: readonly Verdict[], thresholds: { rise: number; fall: number }): ServerHealth {
  return verdicts.reduce((health, verdict) => judge(health, verdict, thresholds), UNKNOWN)
}

describe('judge', () => {
  it.each([
    ['h', 1, 1, 'up'],
    ['u', 1, 1, 'up'],
    ['s', 1, 1, 'draining'],
    ['d', 1, 1, 'draining'],
    ['dd', 1, 1, 'draining down'],
    ['hdd', 1, 9, 'up draining down'],
    ['hdh', 1, 1, 'up draining up'],
    ['hddh', 1, 1, 'up draining down up'],
    ['hdsd', 1, 1, 'up draining draining draining'],
    ['hss', 1, 3, 'up up up'],
    ['hsss', 1, 3, 'up up up draining'],
    ['hsshs', 1, 3, 'up up up up up'],
    ['hds', 1, 3, 'up draining draining'],
    ['sdd', 1, 1, 'draining draining down'],
    ['dds', 1, 1, 'draining down down'],
    ['ddsssd', 1, 1, 'draining down down down down down'],
    ['ddhh', 2, 1, 'draining down down up'],
    ['ddhdhh', 2, 1, 'draining down down down down up'],
    ['ddhshh', 2, 1, 'draining down down down down up'],
    ['shhh', 3, 1, 'draining draining draining up'],
    ['h', 3, 1, 'up'],
    ['ss', 1, 3, 'unknown unknown'],
    ['ii', 1, 1, 'unknown unknown'],
    ['hiii', 1, 1, 'up up up up'],
    ['hdid', 1, 1, 'up draining draining down'],
    ['hsisis', 1, 3, 'up up up up up draining'],
    ['ddhih', 2, 1, 'draining down down down up'],
    ['ddih', 1, 1, 'draining down down up'],
  ])('%s with rise %d and fall %d gives %s', (letters, rise, fall, states) => {
    expect(walk(letters, { rise, fall })).toBe(states)
  })

  it('an inconclusive verdict changes nothing at all, wherever it comes', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict), anyThresholds, (history, thresholds) => {
        const conclusive = history.filter(({ outcome }) => outcome !== 'inconclusive')
        expect(after(history, thresholds)).toEqual(after(conclusive, thresholds))
      }),
    )
  })

  it('a server goes down only by a second dead verdict in a row', () => {
    fc.assert(
      fc.property(fc.array(anyConclusive), anyConclusive, anyThresholds, (history, last, thresholds) => {
        const before = after(history, thresholds)
        if (before.state === 'down' || judge(before, last, thresholds).state !== 'down') return
        expect([history.at(-1)?.outcome, last.outcome]).toEqual(['dead', 'dead'])
      }),
    )
  })

  it('a dead verdict drains at once, the confirming one takes the server out', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict), anyThresholds, (history, thresholds) => {
        const before = after(history, thresholds)
        const first = judge(before, DEAD, thresholds)
        expect(['draining', 'down']).toContain(first.state)
        expect(judge(first, DEAD, thresholds).state).toBe('down')
      }),
    )
  })

  it('enough healthy verdicts in a row bring any server up', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict), anyThresholds, (history, thresholds) => {
        const rising = Array(thresholds.rise).fill(HEALTHY)
        expect(after([...history, ...rising], thresholds).state).toBe('up')
      }),
    )
  })

  it('enough sick verdicts in a row leave no server up', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict), anyThresholds, (history, thresholds) => {
        const falling = Array(thresholds.fall).fill(SICK)
        expect(['draining', 'down']).toContain(after([...history, ...falling], thresholds).state)
      }),
    )
  })

  it('only a healthy verdict leaves down, and nothing leads back to unknown', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict), anyVerdict, anyThresholds, (history, verdict, thresholds) => {
        const before = after(history, thresholds)
        const { state } = judge(before, verdict, thresholds)
        if (before.state === 'down' && verdict.outcome !== 'healthy') expect(state).toBe('down')
        if (before.state !== 'unknown') expect(state).not.toBe('unknown')
      }),
    )
  })
})

describe('needsConfirmation', () => {
  /** Whether a confirming probe is asked for after the last of the verdicts. */
  function asks(...verdicts: readonly [Verdict, ...Verdict[]]): boolean {
    const last = verdicts.at(-1) ?? verdicts[0]
    return needsConfirmation(after(verdicts, { rise: 1, fall: 1 }), last)
  }

  it('asks after the first dead verdict, and not again', () => {
    expect([asks(HEALTHY), asks(SICK), asks(INCONCLUSIVE)]).toEqual([false, false, false])
    expect([asks(DEAD), asks(DEAD, DEAD), asks(DEAD, DEAD, DEAD)]).toEqual([true, false, false])
    expect([asks(DEAD, SICK), asks(DEAD, HEALTHY), asks(DEAD, HEALTHY, DEAD)]).toEqual([false, false, true])
  })

  it('does not hurry after a verdict that says nothing: what this node lacks it will still lack', () => {
    expect([asks(DEAD, INCONCLUSIVE), asks(DEAD, INCONCLUSIVE, DEAD)]).toEqual([false, false])
    expect(asks(DEAD, INCONCLUSIVE, SICK, DEAD)).toBe(true)
  })
})
