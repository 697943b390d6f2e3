import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressFamily, DecodeError, familyOf, formatAddress, parseAddress } from '../src/index.ts'
import { hex } from '../src/testing/index.ts'

describe('parseAddress', () => {
  it.each([
    ['10.103.97.2', 'inet', hex`0a676102`],
    ['0.0.0.0', 'inet', hex`00000000`],
    ['255.255.255.255', 'inet', hex`ffffffff`],
    ['::', 'inet6', new Uint8Array(16)],
    ['::1', 'inet6', hex`00000000 00000000 00000000 00000001`],
    ['2001:DB8::0:a', 'inet6', hex`20010db8 00000000 00000000 0000000a`],
    ['::ffff:10.0.0.1', 'inet6', hex`00000000 00000000 0000ffff 0a000001`],
  ] as const)('reads %s', (text, family, bytes) => {
    expect(parseAddress(text)).toEqual({ family, bytes })
  })

  it.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.0.0.1/32',
    '1',
    ':::',
    'fe80::1%eth0',
    '[::1]',
    ' ::1',
  ])('refuses "%s"', (text) => {
    expect(() => parseAddress(text)).toThrow(new RangeError(`"${text}" is not an IP address`))
  })
})

describe('addressFamily', () => {
  it('agrees with isIP of node:net on what is nearly an address', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '01',
      '255',
      '256',
      '0x1',
      'ffff',
      'fffff',
      'G',
      '',
      ':',
      '::',
      '.',
      '%e',
    )
    const pieces = fc.array(piece, { minLength: 1, maxLength: 9 })
    const text = fc.oneof(
      pieces.map((list) => list.join('')),
      pieces.map((list) => list.join(':')),
      pieces.map((list) => list.join('.')),
      fc.tuple(pieces, fc.ipV4()).map(([list, tail]) => `${list.join(':')}:${tail}`),
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4Extended(),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (one) => {
        const expected = one.includes('%') ? 0 : isIP(one)
        expect({ one, is: addressFamily(one) }).toEqual({
          one,
          is: ({ 4: 'inet', 6: 'inet6' } as Record<number, string>)[expected],
        })
      }),
      { numRuns: 5000 },
    )
  })
})

describe('formatAddress', () => {
  it.each([
    ['192.0.2.1', hex`c0000201`],
    ['::', new Uint8Array(16)],
    ['2001:db8::1:0:0:1', hex`20010db8 00000000 00010000 00000001`],
    ['2001:db8:0:1:1:1:1:1', hex`20010db8 00000001 00010001 00010001`],
  ])('writes %s', (text, bytes) => {
    expect(formatAddress(bytes)).toBe(text)
  })

  it.each([0, 3, 5, 15, 17])('refuses %d bytes', (length) => {
    expect(() => formatAddress(new Uint8Array(length))).toThrow(
      new DecodeError('address', '4 or 16 bytes', `${length} bytes`),
    )
  })

  it('any bytes survive the text', () => {
    const four = fc.uint8Array({ minLength: 4, maxLength: 4 })
    const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
    // Runs of zeros are what the short form is about.
    const sparse = fc
      .array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 })
      .map((b) => Uint8Array.from(b))
    fc.assert(
      fc.property(fc.oneof(four, sixteen, sparse), (bytes) => {
        expect(parseAddress(formatAddress(bytes)).bytes).toEqual(Uint8Array.from(bytes))
      }),
    )
  })

  it('writes IPv6 as the WHATWG URL does, which is RFC 5952', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((one) => one.toString(16)).join(':')
        expect(formatAddress(parseAddress(full).bytes)).toBe(
          new URL(`http://[${full}]`).hostname.slice(1, -1),
        )
      }),
    )
  })
})

describe('familyOf', () => {
  it('knows two families', () => {
    expect([familyOf(2, 'route'), familyOf(10, 'route')]).toEqual(['inet', 'inet6'])
    expect(() => familyOf(45, 'route')).toThrow('route: expected AF_INET or AF_INET6, received 45')
  })
})
