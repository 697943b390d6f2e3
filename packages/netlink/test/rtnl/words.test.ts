import { describe, expect, it } from 'vitest'
import { routeScope, routeScopeNumber, routeType, routeTypeNumber } from '../../src/rtnl/words.ts'

const BYTES = Array.from({ length: 256 }, (_, number) => number)

describe('route types and scopes', () => {
  it('every number has a word, and the word is that number', () => {
    for (const number of BYTES) {
      expect(routeTypeNumber(routeType(number))).toBe(number)
      expect(routeScopeNumber(routeScope(number))).toBe(number)
    }
    expect(new Set(BYTES.map(routeType)).size).toBe(256)
    expect(new Set(BYTES.map(routeScope)).size).toBe(256)
  })

  it('are called as ip calls them', () => {
    expect([1, 2, 3, 6, 7, 8, 9].map(routeType)).toEqual([
      'unicast',
      'local',
      'broadcast',
      'blackhole',
      'unreachable',
      'prohibit',
      'throw',
    ])
    expect([0, 200, 253, 254, 255].map(routeScope)).toEqual(['universe', 'site', 'link', 'host', 'nowhere'])
    expect([routeType(13), routeScope(7)]).toEqual(['type-13', 'scope-7'])
  })

  it.each(['type-256', 'type--1', 'type-', 'type-1.5', 'type-0x1', 'type- 1', 'scope-1', 'nonsense'])(
    'refuses the type "%s"',
    (word) => {
      expect(() => routeTypeNumber(word as 'local')).toThrow(RangeError)
      expect(() => routeTypeNumber(word as 'local')).toThrow(`"${word}"`)
    },
  )

  it.each(['scope-256', 'global', 'type-1'])('refuses the scope "%s"', (word) => {
    expect(() => routeScopeNumber(word as 'host')).toThrow(RangeError)
  })
})
