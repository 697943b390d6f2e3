import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex, parseHex, toHex } from '../../src/testing/index.ts'

describe('hex', () => {
  it('reads digits and skips white space and comments', () => {
    const bytes = hex`
      0a00 01FF  # 00 is not read here
      7f
    `
    expect([...bytes]).toEqual([0x0a, 0, 1, 0xff, 0x7f])
  })

  it.each(['abc', 'zz', '0x00'])('refuses %j', (text) => {
    expect(() => parseHex(text)).toThrow(new RangeError(`not hexadecimal bytes: ${text}`))
  })

  it('toHex() groups by four bytes and reads back', () => {
    expect(toHex(Uint8Array.of(1, 2, 3, 4, 5))).toBe('01020304 05')
    expect(toHex(new Uint8Array())).toBe('')
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseHex(toHex(bytes))).toEqual(Uint8Array.from(bytes))
      }),
    )
  })
})
