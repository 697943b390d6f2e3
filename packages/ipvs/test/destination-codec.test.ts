import { DecodeError } from '@lvscare/netlink'
import { hex } from '@lvscare/netlink/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  completeDestination,
  decodeDestination,
  decodeDestinationEntry,
  encodeDestination,
  encodeDestinationKey,
  sameDestination,
} from '../src/destination-codec.ts'
import type { NewDestination } from '../src/index.ts'
import { encodeServiceKey } from '../src/service-key.ts'
import { destination, garbage } from './arbitraries.ts'
import { goldenAttributes } from './golden.ts'

const tcp = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const server = { address: '192.0.2.10', port: 6443 }
const tunnelled = goldenAttributes('dest-tunnel', 'answer')

/** The captured answer with the payload of one attribute changed. */
function withAttribute(header: string, from: string, to: string): Buffer {
  const text = Buffer.from(tunnelled).toString('hex')
  expect(text.split(header + from)).toHaveLength(2)
  return Buffer.from(text.replace(header + from, header + to), 'hex')
}

describe('encodeDestination', () => {
  it('writes every field in its width and byte order', () => {
    const bytes = encodeDestination(
      { fwmark: 1, family: 'inet' },
      {
        address: '2001:db8::9',
        port: 0x1234,
        forward: 'tunnel',
        weight: 0x0102,
        upperThreshold: 0x00020304,
        lowerThreshold: 0x00010203,
        tunnel: { type: 'gre', port: 0x5678, flags: ['remcsum'] },
      },
    )
    expect(bytes).toEqual(
      Buffer.from(hex`
        1400 0100
          0600 0100 0200 0000
          0800 0500 0100 0000
        6000 0200                     # DEST, without NLA_F_NESTED
          1400 0100 2001 0db8 0000 0000 0000 0000 0000 0009
          0600 0200 1234 0000         # PORT: network order
          0800 0300 0200 0000         # FWD_METHOD: 32 bits, host order
          0800 0400 0201 0000         # WEIGHT: host order
          0800 0500 0403 0200         # U_THRESH: host order
          0800 0600 0302 0100         # L_THRESH: host order
          0600 0b00 0a00 0000         # ADDR_FAMILY: host order
          0500 0d00 0200 0000         # TUN_TYPE: one byte
          0600 0e00 5678 0000         # TUN_PORT: network order
          0600 0f00 0200 0000         # TUN_FLAGS: host order
      `),
    )
  })

  it('asks for the destinations of a service as captured', () => {
    expect(encodeServiceKey(tcp)).toEqual(Buffer.from(goldenAttributes('get-dest-dump', 'request')))
  })

  it.each<[string, NewDestination, string]>([
    ['port 70000', { ...server, port: 70000 }, 'port must be an integer from 0 to 65535, not 70000'],
    ['weight -1', { ...server, weight: -1 }, 'weight must be an integer from 0 to 65535, not -1'],
    ['weight 65536', { ...server, weight: 65536 }, 'weight must be an integer from 0 to 65535, not 65536'],
    ['an address', { ...server, address: '192.0.2' }, '"192.0.2" is not an IP address'],
    ['another family', { address: '::1', port: 1 }, 'forward must be tunnel, not masq, where service and'],
    [
      'a lower above the upper',
      { ...server, lowerThreshold: 1 },
      'lowerThreshold must be an integer from 0 to 0',
    ],
    ['a large upper', { ...server, upperThreshold: 2 ** 32 }, 'upperThreshold must be an integer from 0 to'],
    [
      'method 8',
      { ...server, forward: 'method-8' },
      'forward must be one of masq, local, tunnel, droute, bypass',
    ],
    [
      'a tunnel it does not use',
      { ...server, tunnel: { type: 'ipip', port: 0, flags: [] } },
      'forward must be tunnel, not masq, where a tunnel is given',
    ],
    [
      'GUE without a port',
      { ...server, forward: 'tunnel', tunnel: { type: 'gue', port: 0, flags: [] } },
      'port of tunnel type gue must be an integer from 1 to 65535, not 0',
    ],
    [
      'a tunnel beyond its byte',
      { ...server, forward: 'tunnel', tunnel: { type: 'type-256', port: 0, flags: [] } },
      'tunnel type must be one of ipip, gue, gre, not "type-256"',
    ],
  ])('refuses %s', (_name, wrong, message) => {
    expect(() => encodeDestination(tcp, wrong)).toThrow(RangeError)
    expect(() => encodeDestination(tcp, wrong)).toThrow(message)
  })

  it('a key alone may be of another family: it is there or not', () => {
    expect(encodeDestinationKey(tcp, { address: '::1', port: 1 })).toBeInstanceOf(Uint8Array)
  })
})

describe('decodeDestination', () => {
  it('gives back what encodeDestination wrote', () => {
    fc.assert(
      fc.property(destination, ({ key, family, destination: one }) => {
        expect(decodeDestination(encodeDestination(key, one), family)).toEqual(one)
      }),
    )
  })

  it.each(['method-5', 'method-6', 'method-7'])('reads %s', (forward) => {
    const bytes = withAttribute('08000300', '02000000', `0${forward.slice(-1)}000000`)
    const read = decodeDestination(bytes, 'inet')
    expect(read).toMatchObject({ forward, address: '127.0.0.9' })
    expect(read).not.toHaveProperty('tunnel')
    // Whoever drains it writes it back as it is.
    expect(decodeDestination(encodeDestination(tcp, read), 'inet')).toEqual(read)
  })

  it('reads a weight beyond what it would write', () => {
    const bytes = withAttribute('08000400', '01000000', '05000100')
    expect(decodeDestination(bytes, 'inet').weight).toBe(65541)
  })

  it('reads a tunnel of a kind it does not know', () => {
    const bytes = withAttribute('05000d00', '01000000', '03000000')
    expect(decodeDestination(bytes, 'inet').tunnel).toEqual({ type: 'type-3', port: 5555, flags: ['csum'] })
  })

  it('the family is that of the service where the kernel does not say', () => {
    const unknown = withAttribute('06000b00', '02000000', '00000000')
    expect(decodeDestination(unknown, 'inet').address).toBe('127.0.0.9')
    expect(decodeDestination(unknown, 'inet6').address).toBe('7f00:9::')
  })

  it('reads the tunnel of a kernel that has only IPIP', () => {
    // Attribute number 0xfd is nobody's: as if TUN_TYPE were not there.
    const bytes = withAttribute('05000d00', '01000000', '01000000')
    bytes[bytes.indexOf(Buffer.from('05000d00', 'hex')) + 2] = 0xfd
    expect(decodeDestination(bytes, 'inet').tunnel).toEqual({ type: 'ipip', port: 0, flags: [] })
  })

  it('throws nothing but DecodeError on garbage', () => {
    fc.assert(
      fc.property(garbage(tunnelled), (bytes) => {
        try {
          decodeDestinationEntry(bytes, 'inet')
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('sameDestination', () => {
  it('compares settings with the defaults filled in, not the key', () => {
    expect(sameDestination(server, { ...completeDestination(server), port: 1 })).toBe(true)
    const forward = 'tunnel'
    expect(
      sameDestination(
        { ...server, forward },
        { ...server, forward, tunnel: { type: 'ipip', port: 0, flags: [] } },
      ),
    ).toBe(true)
  })

  it.each<[string, Partial<NewDestination>]>([
    ['method', { forward: 'droute' }],
    ['weight', { weight: 0 }],
    ['upper threshold', { upperThreshold: 1 }],
    ['lower threshold', { lowerThreshold: 1 }],
  ])('sees another %s', (_name, change) => {
    expect(sameDestination(server, { ...server, ...change })).toBe(false)
  })

  it.each([{ type: 'gre' }, { port: 1 }, { flags: ['csum'] }] as const)(
    'sees another tunnel: %o',
    (change) => {
      const forward = 'tunnel'
      const tunnel = { type: 'ipip', port: 0, flags: [], ...change } as const
      expect(sameDestination({ ...server, forward }, { ...server, forward, tunnel })).toBe(false)
    },
  )
})
