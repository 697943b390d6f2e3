import { describe, expect, it } from 'vitest'
import {
  DecodeError,
  decodeLink,
  encodeLinkDump,
  encodeLinkKey,
  encodeNewLink,
  Flag,
  LinkFlag,
  RtmType,
} from '../../src/index.ts'
import { hex, toHex } from '../../src/testing/index.ts'
import { golden } from './golden.ts'

describe('link requests', () => {
  it('make a dummy as ip does', () => {
    const captured = golden(
      '3c00000010000506e90300000000000000000000000000000100000001000000090003006c76733000000000100012000a00010064756d6d79000000',
    )
    expect([captured.type, captured.flags]).toEqual([
      RtmType.NEWLINK,
      Flag.REQUEST | Flag.ACK | Flag.CREATE | Flag.EXCL,
    ])
    expect(toHex(encodeNewLink({ name: 'lvs0', kind: 'dummy', up: true }))).toBe(toHex(captured.payload))
  })

  it('leave a new link off unless told', () => {
    expect(toHex(encodeNewLink({ name: 'lvs0', kind: 'dummy' })).slice(0, 35)).toBe(
      '00000000 00000000 00000000 00000000',
    )
  })

  it('name a link by its name', () => {
    const captured = golden(
      '2c00000012000100ef0300000000000000000000000000000000000000000000090003006c76733000000000',
    )
    expect(captured.type).toBe(RtmType.GETLINK)
    expect(toHex(encodeLinkKey('lvs0'))).toBe(toHex(captured.payload))
  })

  it('name a link by its index', () => {
    const captured = golden('2000000011000500220400000000000000000000030000000000000000000000')
    expect(captured.type).toBe(RtmType.DELLINK)
    expect(toHex(encodeLinkKey(3))).toBe(toHex(captured.payload))
  })

  it('set a flag and change that one only', () => {
    expect(toHex(encodeLinkKey(3, LinkFlag.UP))).toBe('00000000 03000000 01000000 01000000')
  })

  it('ask for all links without their counters', () => {
    expect(toHex(encodeLinkDump())).toBe('00000000 00000000 00000000 00000000 08001d00 08000000')
  })

  it.each([0, -1, 2 ** 31, 1.5, Number.NaN])('refuse the index %d', (index) => {
    expect(() => encodeLinkKey(index)).toThrow(RangeError)
  })

  it.each(['', '.', '..', 'a b', 'a/b', 'a:b', 'a\tb', 'dummy%d', 'sixteen-letters-', 'é\u0100'])(
    'refuse the name "%s"',
    (name) => {
      expect(() => encodeLinkKey(name)).toThrow(RangeError)
      expect(() => encodeNewLink({ name, kind: 'dummy' })).toThrow(RangeError)
    },
  )

  it('take the ends of both ranges', () => {
    expect(toHex(encodeLinkKey(2 ** 31 - 1))).toContain('ffffff7f')
    expect(encodeLinkKey('fifteen-letters').length).toBe(16 + 20)
  })
})

describe('decodeLink', () => {
  /** An RTM_NEWLINK of a 6.1 kernel, shortened. */
  const dummy = hex`
    0000 0100 07000000 c3000100 00000000  # AF_UNSPEC, ARPHRD_ETHER, index 7, UP|BROADCAST|..., nothing to change
    0900 0300 6c767330 00 000000          # IFLA_IFNAME "lvs0"
    0800 0d00 e8030000                    # IFLA_TXQLEN, not read
    0800 0400 dc050000                    # IFLA_MTU 1500
    0a00 0100 021122334455 0000           # IFLA_ADDRESS
    1400 1280                             # IFLA_LINKINFO
      0a00 0100 64756d6d7900 0000         # IFLA_INFO_KIND "dummy"
      0400 0200                           # IFLA_INFO_DATA
  `

  it('reads what an Ethernet device of a kind says', () => {
    expect(decodeLink(dummy)).toEqual({
      index: 7,
      name: 'lvs0',
      kind: 'dummy',
      mtu: 1500,
      up: true,
      loopback: false,
      address: hex`021122334455`,
    })
  })

  it('keeps its own copy of the address', () => {
    const bytes = Uint8Array.from(dummy)
    const { address } = decodeLink(bytes)
    bytes.fill(0)
    expect([...(address ?? [])]).toEqual([0x02, 0x11, 0x22, 0x33, 0x44, 0x55])
  })

  it('reads the loopback link', () => {
    const lo = hex`0000 0403 01000000 08000000 00000000  0700 0300 6c6f 00 00  0800 0400 00000100`
    expect(decodeLink(lo)).toEqual({ index: 1, name: 'lo', mtu: 65_536, up: false, loopback: true })
  })

  it('does without a kind where the link info has none', () => {
    expect(decodeLink(hex`0000 0100 07000000 00000000 00000000  0800 1200 0400 0200`)).not.toHaveProperty(
      'kind',
    )
  })

  it('refuses what is no link', () => {
    expect(() => decodeLink(hex`0000 0100 07000000 00000000`)).toThrow(
      'link: expected 16 bytes, received 12 bytes',
    )
    // Asked for by index 0, the kernel would speak of all links.
    for (const index of [hex`00000000`, hex`ffffffff`])
      expect(() => decodeLink(Buffer.concat([hex`0000 0100`, index, hex`00000000 00000000`]))).toThrow(
        'expected an index from 1',
      )
    const badMtu = () => decodeLink(hex`0000 0100 07000000 00000000 00000000  0600 0400 dc05 0000`)
    expect(badMtu).toThrow(new DecodeError('link.4', 'exactly 4 bytes', '2 bytes'))
  })
})
