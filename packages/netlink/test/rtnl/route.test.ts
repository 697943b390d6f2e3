import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DecodeError,
  decodeRoute,
  encodeRoute,
  encodeRouteDump,
  encodeRouteKey,
  encodeRouteLookup,
  Flag,
  formatPrefix,
  type Message,
  parseAddress,
  parsePrefix,
  type Route,
  type RouteFilter,
  type RouteScope,
  type RouteSpec,
  RouteTable,
  type RouteType,
  RtmType,
} from '../../src/index.ts'
import { selectsRoute } from '../../src/rtnl/route-filter.ts'
import { hex, toHex } from '../../src/testing/index.ts'
import { golden } from './golden.ts'

const LOCAL: Route = {
  family: 'inet',
  destination: '10.99.0.1/32',
  table: RouteTable.LOCAL,
  type: 'local',
  scope: 'host',
  protocol: 4,
  preferredSource: '10.0.0.1',
  outputLink: 1,
}
const ON_DUMMY: Route = { ...LOCAL, protocol: 2, outputLink: 3 }
const VIA: Route = {
  family: 'inet',
  destination: '10.99.0.1/32',
  table: RouteTable.MAIN,
  type: 'unicast',
  scope: 'universe',
  protocol: 4,
  gateway: '10.0.0.254',
  metric: 50,
}

const ADD = Flag.REQUEST | Flag.ACK | Flag.CREATE | Flag.EXCL
const UPSERT = Flag.REQUEST | Flag.ACK | Flag.CREATE | Flag.REPLACE

const MADE: ReadonlyArray<readonly [string, Route, number, Message]> = [
  [
    'a local route with a preferred source',
    LOCAL,
    ADD,
    golden(
      '3c00000018000506090400000000000002200000ff04fe0200000000080001000a630001080007000a000001080004000100000008000f00ff000000',
    ),
  ],
  [
    "the kernel's local route of an address, replaced",
    ON_DUMMY,
    UPSERT,
    golden(
      '3c00000018000505010400000000000002200000ff02fe0200000000080001000a630001080007000a000001080004000300000008000f00ff000000',
    ),
  ],
  [
    'a route via a gateway with a metric',
    VIA,
    UPSERT,
    golden(
      '3c00000018000505130400000000000002200000fe04000100000000080001000a630001080005000a0000fe080006003200000008000f00fe000000',
    ),
  ],
]

describe('route requests, byte for byte as captured', () => {
  it.each(MADE)('%s', (_name, route, flags, captured) => {
    expect([captured.type, captured.flags]).toEqual([RtmType.NEWROUTE, flags])
    expect(toHex(encodeRoute(route))).toBe(toHex(captured.payload))
    expect(decodeRoute(captured.payload)).toEqual(route)
  })

  it('the same routes by their defaults', () => {
    const { destination, preferredSource } = LOCAL
    const local = { destination, type: 'local', table: RouteTable.LOCAL, outputLink: 1 } as const
    expect(encodeRoute({ ...local, preferredSource: String(preferredSource) })).toEqual(encodeRoute(LOCAL))
    expect(encodeRoute({ destination, gateway: '10.0.0.254', metric: 50 })).toEqual(encodeRoute(VIA))
  })

  it('deletes by destination, table and type', () => {
    const captured = golden(
      '2c000000190005000d0400000000000002200000ff00ff0200000000080001000a63000108000f00ff000000',
    )
    expect(captured.type).toBe(RtmType.DELROUTE)
    const key: RouteSpec = { destination: '10.99.0.1/32', type: 'local', table: RouteTable.LOCAL }
    expect(toHex(encodeRouteKey(key))).toBe(toHex(captured.payload))
  })

  it('deletes by destination and metric', () => {
    const captured = golden(
      '3400000019000500200400000000000002200000fe00ff0000000000080001000a630001080006003c00000008000f00fe000000',
    )
    expect(toHex(encodeRouteKey({ destination: '10.99.0.1', metric: 60 }))).toBe(toHex(captured.payload))
  })

  it('asks which route is taken', () => {
    const captured = golden('240000001a0001001c04000000000000022000000000000000000000080001000a630001')
    expect(captured.type).toBe(RtmType.GETROUTE)
    expect(toHex(encodeRouteLookup(parseAddress('10.99.0.1'), 0))).toBe(toHex(captured.payload))
  })

  it('asks for a table, a type, a protocol', () => {
    expect(toHex(encodeRouteDump({ family: 'inet' }))).toBe('02000000 00000000 00000000')
    expect(toHex(encodeRouteDump({ family: 'inet6', table: 1000, type: 'local', protocol: 77 }))).toBe(
      '0a000000 004d0002 00000000 08000f00 e8030000',
    )
  })
})

describe('encodeRoute', () => {
  const scopeByte = (spec: RouteSpec): number | undefined => encodeRoute(spec)[6]

  it.each([
    ['local', {}, 254],
    ['unicast', {}, 253],
    ['unicast', { gateway: '10.0.0.1' }, 0],
    ['broadcast', {}, 253],
    ['multicast', {}, 253],
    ['anycast', {}, 253],
    ['blackhole', {}, 0],
    ['unreachable', {}, 0],
    ['local', { scope: 'link' }, 253],
  ] as const)('gives a %s route %j the scope %d', (type, part, scope) => {
    expect(scopeByte({ destination: '10.0.0.0/8', type, ...part })).toBe(scope)
  })

  it('leaves the destination out of a default route', () => {
    expect(toHex(encodeRoute({ destination: '0.0.0.0/0', outputLink: 2 }))).toBe(
      '02000000 fe04fd01 00000000 08000400 02000000 08000f00 fe000000',
    )
  })

  it('says a table beyond one byte in RTA_TABLE alone', () => {
    expect(encodeRoute({ destination: '10.0.0.0/8', table: 255 })[4]).toBe(255)
    expect(toHex(encodeRoute({ destination: '10.0.0.0/8', table: 256 }))).toContain('02080000 0004fd01')
    expect(toHex(encodeRoute({ destination: '10.0.0.0/8', table: 0xffff_ffff }))).toContain(
      '08000f00 ffffffff',
    )
  })

  it.each<readonly [string, Partial<RouteSpec>]>([
    ['"10.99.0.1/33" is not a prefix', { destination: '10.99.0.1/33' }],
    ['has bits set behind its first 24', { destination: '10.99.0.1/24' }],
    ['its family is not inet6', { family: 'inet6' }],
    ['"fd00::1" is not an address of family inet', { gateway: 'fd00::1' }],
    ['"fd00::1" is not an address of family inet', { preferredSource: 'fd00::1' }],
    ['"node" is not an IP address', { preferredSource: 'node' }],
    ['route table: 0 is not a table', { table: 0 }],
    ['4294967296 is not a u32', { table: 2 ** 32 }],
    ['-1 is not a u32', { table: -1 }],
    ['attribute 6: 4294967296 is not a u32', { metric: 2 ** 32 }],
    ['attribute 6: -1 is not a u32', { metric: -1 }],
    ['route protocol: 256 is not a u8', { protocol: 256 }],
    ['link index: 0 is not a link', { outputLink: 0 }],
    ['"type-256"', { type: 'type-256' }],
    ['"scope-256"', { scope: 'scope-256' }],
  ])('refuses: %s', (message, part) => {
    const spec = { destination: '10.99.0.1/32', ...part }
    for (const encode of [encodeRoute, encodeRouteKey]) {
      expect(() => encode(spec)).toThrow(RangeError)
      expect(() => encode(spec)).toThrow(message)
    }
  })
})

/** Routes of one family with or without each of their parts. */
function routes(family: 'inet' | 'inet6'): fc.Arbitrary<Route> {
  const size = family === 'inet' ? 4 : 16
  const address = fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((bytes) => formatPrefix(bytes, 0).slice(0, -2))
  const destination = fc.oneof(
    address.map((text) => `${text}/${size * 8}`),
    fc.constantFrom(...(family === 'inet' ? ['0.0.0.0/0', '10.96.0.0/12'] : ['::/0', 'fd00::/9'])),
  )
  const byte = fc.nat(255)
  return fc.record(
    {
      family: fc.constant(family),
      destination,
      table: fc.integer({ min: 1, max: 0xffff_ffff }),
      type: fc.oneof(
        fc.constantFrom<RouteType>('unicast', 'local', 'blackhole'),
        byte.map((n): RouteType => (n > 11 ? `type-${n}` : 'throw')),
      ),
      scope: fc.constantFrom<RouteScope>('universe', 'site', 'link', 'host', 'nowhere', 'scope-7'),
      protocol: byte,
      preferredSource: address,
      gateway: address,
      metric: fc.nat(0xffff_ffff),
      outputLink: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    },
    { requiredKeys: ['family', 'destination', 'table', 'type', 'scope', 'protocol'] },
  )
}
const anyRoute = fc.oneof(routes('inet'), routes('inet6'))

describe('decodeRoute', () => {
  it('reads any route that was encoded', () => {
    fc.assert(
      fc.property(anyRoute, (route) => {
        expect(decodeRoute(encodeRoute(route))).toEqual(route)
      }),
    )
  })

  it('reads a gateway of the other family, and skips what it does not know', () => {
    const payload = hex`
      02100000 fe030001 00000000
      0800 0100 0a070000                                    # RTA_DST
      1600 1200 0a00 fe80000000000000 0000000000000001 0000  # RTA_VIA, AF_INET6
      0800 ff00 ffffffff                                    # nothing this package knows
    `
    expect(decodeRoute(payload)).toEqual({
      family: 'inet',
      destination: '10.7.0.0/16',
      table: 254,
      type: 'unicast',
      scope: 'universe',
      protocol: 3,
      gateway: 'fe80::1',
    })
  })

  it.each([
    ['a short header', hex`02200000 ff04fe02 000000`, 'route: expected 12 bytes, received 11 bytes'],
    ['another family', hex`1c200000 ff04fe02 00000000`, 'route: expected AF_INET or AF_INET6, received 28'],
    [
      'a gateway of the wrong size',
      hex`0a000000 ff04fe02 00000000 0800 0500 0a000001`,
      'route.5: expected exactly 16 bytes',
    ],
    [
      'an empty RTA_VIA',
      hex`02000000 ff04fe02 00000000 0400 1200`,
      'address: expected 4 or 16 bytes, received 0 bytes',
    ],
  ])('refuses %s', (_name, payload, message) => {
    expect(() => decodeRoute(payload)).toThrow(message)
  })

  it('of garbage makes a route or a DecodeError', () => {
    const shaped = fc
      .tuple(fc.constantFrom(2, 10), fc.uint8Array({ minLength: 11, maxLength: 60 }))
      .map(([family, rest]) => Uint8Array.of(family, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), shaped), (bytes) => {
        try {
          expect(decodeRoute(bytes)).toHaveProperty('destination')
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
    )
  })
})

describe('selectsRoute', () => {
  it('takes a route by any part of itself', () => {
    fc.assert(
      fc.property(anyRoute, fc.integer({ min: 0, max: 1023 }), (route, mask) => {
        const { scope: _, ...parts } = route
        const chosen = Object.entries(parts).filter(([key], index) => key === 'family' || mask & (1 << index))
        expect(selectsRoute(Object.fromEntries(chosen) as unknown as RouteFilter, route)).toBe(true)
      }),
    )
  })

  it.each<Partial<RouteFilter>>([
    { family: 'inet6' },
    { destination: '10.99.0.2/32' },
    { destination: '10.99.0.0/24' },
    { table: 255 },
    { type: 'local' },
    { protocol: 5 },
    { gateway: '10.0.0.253' },
    { metric: 51 },
    { outputLink: 1 },
    { preferredSource: '10.0.0.1' },
  ])('leaves a route that is not %j', (part) => {
    expect(selectsRoute({ family: 'inet', ...part }, VIA)).toBe(false)
  })

  it('takes addresses in any spelling', () => {
    const { bytes, length } = parsePrefix('fd00::1')
    const route: Route = {
      ...VIA,
      family: 'inet6',
      destination: formatPrefix(bytes, length),
      gateway: 'fd00::fe',
    }
    expect(selectsRoute({ family: 'inet6', destination: 'FD00:0::1', gateway: 'fd00:0:0::FE' }, route)).toBe(
      true,
    )
  })
})
