import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain } from '../../src/plain.ts'
import { ago, columns } from '../../src/status/columns.ts'

/** Cells without spaces, so that columns can be found again: letters, IPv6 endpoints, anything a terminal may get. */
const cell = fc.oneof(
  fc.ipV6().map((address) => `[${address}]:6443`),
  fc.ipV4().map((address) => `${address}:6443`),
  fc.string({ unit: 'binary', minLength: 1 }).map((text) => plain(text).replace(/\s/gu, '') || '-'),
)

const rows = fc
  .integer({ min: 1, max: 6 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
  )

describe('columns', () => {
  it('loses no cell, and begins every cell of a left column at the same place', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const lines = columns(table, new Set())
        expect(lines.map((line) => line.split(/ {2,}/))).toEqual(table)
        for (let at = 0; at < (table[0]?.length ?? 0); at += 1)
          expect(new Set(lines.map((line) => placesOf(line)[at])).size).toBe(1)
      }),
    )
  })

  it('ends every cell of a right column at the same place', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const lines = columns(table, new Set(table[0]?.keys()))
        for (let at = 0; at < (table[0]?.length ?? 0); at += 1) {
          const ends = lines.map(
            (line, row) => (placesOf(line)[at] ?? 0) + [...(table[row]?.[at] ?? '')].length,
          )
          expect(new Set(ends).size).toBe(1)
        }
      }),
    )
  })

  it('has no spaces at the end of a line, and no lines without rows', () => {
    expect(
      columns(
        [
          ['a', ''],
          ['bb', 'c'],
        ],
        new Set(),
      ),
    ).toEqual(['a', 'bb  c'])
    expect(columns([], new Set())).toEqual([])
  })
})

/** Where the cells of a line begin, in characters. */
function placesOf(line: string): number[] {
  const characters = [...line]
  return characters.flatMap((one, at) =>
    one !== ' ' && (at === 0 || characters[at - 1] === ' ') ? [at] : [],
  )
}

describe('plain', () => {
  it('lets nothing through that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plain(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
      }),
    )
    expect(plain('a\u001b[31m\n\u009b0mb')).toBe('a [31m 0mb')
  })
})

describe('ago', () => {
  it.each([
    [0, '0s'],
    [59.9, '59s'],
    [60, '1m 0s'],
    [3599, '59m 59s'],
    [3600, '1h 0m'],
    [86_399, '23h 59m'],
    [90_000, '1d 1h'],
    [-1, '0s'],
  ])('%s s is %s', (seconds, text) => {
    expect(ago(seconds)).toBe(text)
  })
})
