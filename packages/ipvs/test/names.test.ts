import { describe, expect, it } from 'vitest'
import { flagBits, flagNames, nameOf, numberOf } from '../src/names.ts'

const table = { what: 'colour', prefix: 'colour', max: 7, numbers: { red: 1, green: 2 } } as const
const flags = { what: 'mark', bits: { first: 1, third: 4, last: 0x8000 } } as const

describe('nameOf and numberOf', () => {
  it.each([
    [1, 'red'],
    [2, 'green'],
    [0, 'colour-0'],
    [7, 'colour-7'],
  ])('%i is %s and back', (number, name) => {
    expect(nameOf(table, number)).toBe(name)
    expect(numberOf(table, name)).toBe(number)
  })

  it.each([
    'blue',
    '',
    'red-1',
    'colour',
    'colour-',
    'colour-8',
    'colour-x',
    'colour--1',
    'colour-1-2',
    'shape-1',
    'toString',
  ])('numberOf() refuses "%s"', (name) => {
    expect(() => numberOf(table, name)).toThrow(`colour must be one of red, green, not "${name}"`)
  })
})

describe('flagNames and flagBits', () => {
  it('names come in the order of the table, unknown bits are left out', () => {
    expect(flagNames(flags, 0x8000 | 2 | 1)).toEqual(['first', 'last'])
    expect(flagBits(flags, ['last', 'first', 'last'])).toBe(0x8001)
  })

  it('flagBits() refuses a name that is not there', () => {
    expect(() => flagBits(flags, ['second' as 'first'])).toThrow('mark must be one of first, third, last')
    expect(() => flagBits(flags, ['toString' as 'first'])).toThrow('not "toString"')
  })
})
