import { type AddressFamily, formatAddress } from '@lvscare/netlink'
import fc from 'fast-check'
import type {
  Destination,
  DestinationKey,
  ForwardingMethod,
  OtherProtocol,
  Service,
  ServiceFlag,
  ServiceKey,
  TransportProtocol,
  Tunnel,
} from '../src/index.ts'

/** Any port, with those that look the same in both byte orders no likelier than others. */
export const port: fc.Arbitrary<number> = fc.integer({ min: 0, max: 65535 })

/** An address of one family in its normal form. */
export function address(family: AddressFamily): fc.Arbitrary<string> {
  const length = family === 'inet' ? 4 : 16
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => formatAddress(Uint8Array.from(bytes)))
}

const protocol: fc.Arbitrary<TransportProtocol | OtherProtocol> = fc.constantFrom(
  'tcp',
  'udp',
  'sctp',
  'ip-47',
)
const family: fc.Arbitrary<AddressFamily> = fc.constantFrom('inet', 'inet6')

/** Any key of a service of one family. */
export function serviceKey(of: AddressFamily): fc.Arbitrary<ServiceKey> {
  return fc.oneof(
    fc.record({ protocol, address: address(of), port }),
    fc.record({ fwmark: fc.integer({ min: 1, max: 0xffffffff }), family: fc.constant(of) }),
  )
}

const name = fc.stringMatching(/^[a-z0-9_-]{1,15}$/)
const flags = fc.subarray<ServiceFlag>(['persistent', 'onepacket', 'sched1', 'sched2', 'sched3'])

/** Any whole service that may be written. */
export const service: fc.Arbitrary<Service> = family.chain((of) =>
  fc
    .tuple(
      serviceKey(of),
      fc.record(
        {
          scheduler: name,
          flags,
          persistenceTimeout: fc.integer({ min: 0, max: 31 * 86400 }),
          netmask: of === 'inet' ? address('inet') : fc.integer({ min: 1, max: 128 }).map(String),
          peName: name,
        },
        { requiredKeys: ['scheduler', 'flags', 'persistenceTimeout', 'netmask'] },
      ),
    )
    .map(([key, settings]) => ({ ...key, ...settings })),
)

const tunnel: fc.Arbitrary<Tunnel> = fc.record({
  type: fc.constantFrom('ipip', 'gue', 'gre'),
  port: fc.integer({ min: 1, max: 65535 }),
  flags: fc.subarray<'csum' | 'remcsum'>(['csum', 'remcsum']),
})

const thresholds = fc
  .tuple(fc.integer({ min: 0, max: 0x7fffffff }), fc.integer({ min: 0, max: 0x7fffffff }))
  .map(([a, b]) => ({ upperThreshold: Math.max(a, b), lowerThreshold: Math.min(a, b) }))

const method: fc.Arbitrary<Exclude<ForwardingMethod, 'tunnel'>> = fc.constantFrom(
  'masq',
  'local',
  'droute',
  'bypass',
)

const settings: fc.Arbitrary<Omit<Destination, keyof DestinationKey>> = fc
  .tuple(
    fc.oneof(
      fc.record({ forward: method }),
      fc.record({ forward: fc.constant<ForwardingMethod>('tunnel'), tunnel }),
    ),
    fc.record({ weight: fc.integer({ min: 0, max: 65535 }) }),
    thresholds,
  )
  .map(([forward, weight, limits]) => ({ ...forward, ...weight, ...limits }))

/** Any whole destination of a service of one family that may be written. */
export const destination: fc.Arbitrary<{ key: ServiceKey; family: AddressFamily; destination: Destination }> =
  fc.tuple(family, family).chain(([own, of]) =>
    fc.record({
      key: serviceKey(of),
      family: fc.constant(of),
      destination: fc
        .tuple(fc.record({ address: address(own), port }), settings)
        .filter(([, { forward }]) => own === of || forward === 'tunnel')
        .map(([key, rest]) => ({ ...key, ...rest })),
    }),
  )

/** Bytes that are nothing, or a good message with some of its bytes changed or its end cut off. */
export function garbage(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }))
  const mutated = fc.tuple(fc.array(change, { maxLength: 4 }), fc.nat(good.length)).map(([changes, end]) => {
    const bytes = Uint8Array.from(good)
    for (const [at, value] of changes) bytes[at] = value
    return bytes.subarray(0, end)
  })
  return fc.oneof(fc.uint8Array({ maxLength: 128 }), mutated)
}
