import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPrefix, parsePrefix } from '../../src/index.ts'
import { hex } from '../../src/testing/index.ts'

describe('parsePrefix', () => {
  it.each([
    ['10.0.0.1/32', 'inet', hex`0a000001`, 32],
    ['10.0.0.1', 'inet', hex`0a000001`, 32],
    ['10.96.0.0/12', 'inet', hex`0a600000`, 12],
    ['0.0.0.0/0', 'inet', hex`00000000`, 0],
    ['::/0', 'inet6', new Uint8Array(16), 0],
    ['fd00::1', 'inet6', hex`fd000000 00000000 00000000 00000001`, 128],
    ['fd00::/9', 'inet6', hex`fd000000 00000000 00000000 00000000`, 9],
  ] as const)('reads %s', (text, family, bytes, length) => {
    expect(parsePrefix(text)).toEqual({ family, bytes, length })
  })

  it.each([
    ['10.0.0.0/33', 'a number from 0 to 32'],
    ['::/129', 'a number from 0 to 128'],
    ['10.0.0.0/', 'a number from 0 to 32'],
    ['10.0.0.0/8/8', 'a number from 0 to 32'],
    ['10.0.0.0/-1', 'a number from 0 to 32'],
    ['10.0.0.0/0x8', 'a number from 0 to 32'],
    ['10.0.0.0/255.0.0.0', 'a number from 0 to 32'],
    ['default', 'is not an IP address'],
    ['/0', 'is not an IP address'],
    ['10.0.0.1/31', 'has bits set behind its first 31'],
    ['10.0.0.1/0', 'has bits set behind its first 0'],
    ['10.96.0.0/10', 'has bits set behind its first 10'],
    ['fd00::1/127', 'has bits set behind its first 127'],
  ])('refuses %s', (text, message) => {
    expect(() => parsePrefix(text)).toThrow(RangeError)
    expect(() => parsePrefix(text)).toThrow(message)
  })

  it('takes any address cut to any length, and no more', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    fc.assert(
      fc.property(address, fc.nat(128), (bytes, at) => {
        const length = Math.min(at, bytes.length * 8)
        const cut = bytes.map(
          (byte, index) => byte & (0xff00 >> Math.min(Math.max(length - index * 8, 0), 8)),
        )
        const text = formatPrefix(cut, length)
        expect(parsePrefix(text)).toMatchObject({ bytes: Uint8Array.from(cut), length })
        if (length < bytes.length * 8) {
          cut[length >> 3] = (cut[length >> 3] ?? 0) | (0x80 >> (length & 7))
          expect(() => parsePrefix(formatPrefix(cut, length))).toThrow('has bits set')
        }
      }),
    )
  })
})
