import { endianness } from 'node:os'
import { describe, expect, it } from 'vitest'
import { align, LITTLE, unsigned, viewOf } from '../src/index.ts'

describe('bytes', () => {
  it('LITTLE is what this machine is', () => {
    expect(LITTLE).toBe(endianness() === 'LE')
    expect(new DataView(Uint16Array.of(1).buffer).getUint16(0, LITTLE)).toBe(1)
  })

  it('align() rounds up to four', () => {
    expect([0, 1, 2, 3, 4, 5, 8, 0xffff].map(align)).toEqual([0, 4, 4, 4, 4, 8, 8, 0x10000])
  })

  it('viewOf() shows just these bytes of a larger buffer', () => {
    const view = viewOf(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))
    expect([view.byteLength, view.getUint8(0)]).toEqual([2, 2])
  })

  it.each([8, 16, 31, 32] as const)('unsigned() takes what fits %d bits', (bits) => {
    expect(unsigned('x', 0, bits)).toBe(0)
    expect(unsigned('x', 2 ** bits - 1, bits)).toBe(2 ** bits - 1)
    for (const value of [-1, 2 ** bits, 0.5, Number.NaN]) {
      expect(() => unsigned('x', value, bits)).toThrow(new RangeError(`x: ${value} is not a u${bits}`))
    }
  })
})
