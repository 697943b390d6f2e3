import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jittered, parseDuration } from '../src/index.ts'

describe('parseDuration', () => {
  it.each([
    ['5', 5000],
    ['0.25', 250],
    ['500ms', 500],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['2s500ms', 2500],
    ['24h', 86_400_000],
    ['1ms', 1],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    ['', 'must be seconds or a duration'],
    ['s', 'must be seconds or a duration'],
    ['5 s', 'must be seconds or a duration'],
    ['5sec', 'must be seconds or a duration'],
    ['5d', 'must be seconds or a duration'],
    ['1e3', 'must be seconds or a duration'],
    ['.5', 'must be seconds or a duration'],
    ['-1s', 'must be seconds or a duration'],
    ['Infinity', 'must be seconds or a duration'],
    ['0', 'must be at least 1ms'],
    ['-5', 'must be at least 1ms'],
    ['0s', 'must be at least 1ms'],
    ['0.4ms', 'must be at least 1ms'],
    ['24h1ms', 'must be at most 24h'],
    ['86401', 'must be at most 24h'],
    [`${'9'.repeat(400)}h`, 'must be at most 24h'],
  ])('refuses "%s"', (text, rule) => {
    expect(() => parseDuration(text)).toThrow(RangeError)
    expect(() => parseDuration(text)).toThrow(rule)
  })

  it('adds up its parts', () => {
    const part = fc.nat(59)
    fc.assert(
      fc.property(part, part, fc.integer({ min: 1, max: 999 }), (m, s, ms) => {
        expect(parseDuration(`${m}m${s}s${ms}ms`)).toBe(m * 60_000 + s * 1000 + ms)
      }),
    )
  })

  it('leaves room for jitter below the longest delay of a timer', () => {
    expect(jittered(parseDuration('24h'), () => 1)).toBeLessThan(2 ** 31 - 1)
  })
})
