import { describe, expect, it } from 'vitest'
import { atLeast, parseVersion } from '../../src/config/version.ts'

describe('parseVersion', () => {
  it.each([
    ['v1.31.4', { minor: 31, patch: 4, text: 'v1.31.4' }],
    ['1.31', { minor: 31, patch: 0, text: 'v1.31.0' }],
    ['v1.37.0-alpha.1', { minor: 37, patch: 0, text: 'v1.37.0-alpha.1' }],
  ])('reads %s', (text, version) => {
    expect(parseVersion(text)).toEqual(version)
  })

  it.each(['', 'v2.0.0', '1', '1.x', 'v1.31.4\n', ' 1.31', '1.31.4.5'])('refuses %j', (text) => {
    expect(() => parseVersion(text)).toThrow(RangeError)
  })
})

describe('atLeast', () => {
  it.each([
    ['v1.22.17', 23, false],
    ['v1.23.0', 23, true],
    ['v1.37.0-alpha.1', 37, true],
    ['v1.9.0', 13, false],
  ])('%s from 1.%i on: %j', (text, minor, answer) => {
    expect(atLeast(parseVersion(text), minor)).toBe(answer)
  })
})
