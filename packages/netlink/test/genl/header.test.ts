import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeGenl, encodeGenl } from '../../src/index.ts'
import { hex, toHex } from '../../src/testing/index.ts'

describe('genlmsghdr', () => {
  it('is command, version and two zero bytes', () => {
    expect(toHex(encodeGenl({ command: 3, attributes: hex`0400 0100` }, 1))).toBe('03010000 04000100')
  })

  it('gives back what was encoded', () => {
    const message = fc.record({ command: fc.nat(255), attributes: fc.uint8Array() })
    fc.assert(
      fc.property(message, fc.nat(255), (one, version) => {
        const { command, attributes } = decodeGenl(encodeGenl(one, version))
        expect([command, [...attributes]]).toEqual([one.command, [...one.attributes]])
      }),
    )
  })

  it('refuses what does not fit a byte', () => {
    expect(() => encodeGenl({ command: 256, attributes: hex`` }, 1)).toThrow('command: 256 is not a u8')
    expect(() => encodeGenl({ command: 1, attributes: hex`` }, 256)).toThrow(
      'family version: 256 is not a u8',
    )
  })

  it.each([0, 1, 3])('refuses a payload of %d bytes', (length) => {
    expect(() => decodeGenl(new Uint8Array(length))).toThrow(
      `genlmsghdr: expected 4 bytes, received ${length} bytes`,
    )
  })
})
