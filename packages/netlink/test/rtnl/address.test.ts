import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AddressFlag,
  type AddressSpec,
  decodeAddress,
  encodeAddress,
  encodeAddressDump,
  Flag,
  RtmType,
} from '../../src/index.ts'
import { hex, toHex } from '../../src/testing/index.ts'
import { golden } from './golden.ts'

describe('address requests', () => {
  it('set and delete an address as ip does', () => {
    const added = golden('2800000014000506f3030000000000000220000003000000080002000a630001080001000a630001')
    const deleted = golden('280000001500050004040000000000000220000003000000080002000a630001080001000a630001')
    expect([added.type, deleted.type]).toEqual([RtmType.NEWADDR, RtmType.DELADDR])
    expect(added.flags).toBe(Flag.REQUEST | Flag.ACK | Flag.CREATE | Flag.EXCL)
    const payload = toHex(encodeAddress({ linkIndex: 3, address: '10.99.0.1' }))
    expect(payload).toBe(toHex(added.payload))
    expect(payload).toBe(toHex(deleted.payload))
  })

  it('ask for the IPv4 addresses as ip does', () => {
    const captured = golden('1800000016000103fb030000000000000200000000000000')
    expect(captured.type).toBe(RtmType.GETADDR)
    expect(toHex(encodeAddressDump({ family: 'inet' }))).toBe(toHex(captured.payload))
    expect(toHex(encodeAddressDump({}))).toBe('00000000 00000000')
    expect(toHex(encodeAddressDump({ family: 'inet6', linkIndex: 3 }))).toBe('0a000000 03000000')
  })

  it('an IPv6 address skips duplicate address detection', () => {
    expect(toHex(encodeAddress({ linkIndex: 3, address: 'fd00::1' }))).toBe(
      toHex(hex`
        0a 80 02 00 03000000  # AF_INET6, /128, IFA_F_NODAD, universe, link 3
        1400 0200 fd000000 00000000 00000000 00000001
        1400 0100 fd000000 00000000 00000000 00000001
      `),
    )
  })

  it('flags beyond the byte of the header travel in IFA_FLAGS, whole', () => {
    const flags = AddressFlag.NOPREFIXROUTE | AddressFlag.NODAD
    const spec: AddressSpec = { linkIndex: 1, address: '10.0.0.1', prefixLength: 24, scope: 'link', flags }
    expect(toHex(encodeAddress(spec))).toBe(
      '021802fd 01000000 08000200 0a000001 08000100 0a000001 08000800 02020000',
    )
  })

  it.each<readonly [string, Partial<AddressSpec>]>([
    ['link index: 0 is not a link', { linkIndex: 0 }],
    ['link index: 2147483648 is not a u31', { linkIndex: 2 ** 31 }],
    ['"10.0.0" is not an IP address', { address: '10.0.0' }],
    ['prefix length 33 is not', { prefixLength: 33 }],
    ['prefix length 129 is not', { address: '::1', prefixLength: 129 }],
    ['prefix length -1 is not', { prefixLength: -1 }],
    ['prefix length 0.5 is not', { prefixLength: 0.5 }],
    ['address flags: 4294967296 is not a u32', { flags: 2 ** 32 }],
    ['"scope-256"', { scope: 'scope-256' }],
  ])('refuse: %s', (message, part) => {
    const spec = { linkIndex: 1, address: '10.0.0.1', ...part }
    expect(() => encodeAddress(spec)).toThrow(RangeError)
    expect(() => encodeAddress(spec)).toThrow(message)
  })
})

describe('decodeAddress', () => {
  it('reads what was set', () => {
    const four = fc.ipV4().map((address) => ({ address, bits: 32 }))
    const six = fc
      .ipV6()
      .map((text) => ({ address: new URL(`http://[${text}]`).hostname.slice(1, -1), bits: 128 }))
    fc.assert(
      fc.property(
        fc.oneof(four, six),
        fc.nat(1000),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.nat(0xffff_ffff),
        fc.constantFrom('universe' as const, 'link' as const, 'host' as const, 'scope-7' as const),
        ({ address, bits }, length, linkIndex, flags, scope) => {
          const spec = { address, linkIndex, prefixLength: length % (bits + 1), flags, scope }
          const family = bits === 32 ? 'inet' : 'inet6'
          expect(decodeAddress(encodeAddress(spec))).toEqual({ ...spec, family })
        },
      ),
    )
  })

  it('reads an IPv6 address that has no IFA_LOCAL', () => {
    const payload = hex`0a 40 80 fd 02000000  1400 0100 fe800000 00000000 00000000 00000001  0800 0800 c0000000`
    expect(decodeAddress(payload)).toEqual({
      family: 'inet6',
      linkIndex: 2,
      address: 'fe80::1',
      prefixLength: 64,
      scope: 'link',
      flags: AddressFlag.TENTATIVE | AddressFlag.PERMANENT,
    })
  })

  it('tells the peer of a point-to-point link', () => {
    const payload = hex`02 20 80 00 02000000  0800 0100 0a000002  0800 0200 0a000001`
    expect(decodeAddress(payload)).toMatchObject({ address: '10.0.0.1', peer: '10.0.0.2' })
  })

  it.each([
    ['a short header', hex`02200000 010000`, 'address: expected 8 bytes, received 7 bytes'],
    ['another family', hex`2d200000 01000000`, 'address: expected AF_INET or AF_INET6, received 45'],
    ['no address', hex`02200000 01000000`, 'address: expected IFA_LOCAL or IFA_ADDRESS, received neither'],
    [
      'an address of the other family',
      hex`0a800000 01000000 0800 0200 0a000001`,
      'address.2: expected exactly 16 bytes',
    ],
  ])('refuses %s', (_name, payload, message) => {
    expect(() => decodeAddress(payload)).toThrow(message)
  })
})
