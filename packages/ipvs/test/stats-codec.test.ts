import { AttributeWriter } from '@lvscare/netlink'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributeSet } from '../src/attribute-set.ts'
import { DestAttr, SvcAttr } from '../src/index.ts'
import { readStats } from '../src/stats-codec.ts'
import { writeStats } from './fake-wire.ts'

const NAMES = [
  'connections',
  'inPackets',
  'outPackets',
  'inBytes',
  'outBytes',
  'connectionRate',
  'inPacketRate',
  'outPacketRate',
  'inByteRate',
  'outByteRate',
]

const counters = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 10, maxLength: 10 })
const named = (values: readonly bigint[]) => Object.fromEntries(NAMES.map((name, at) => [name, values[at]]))

function read(place: typeof SvcAttr | typeof DestAttr, write: (writer: AttributeWriter) => void): unknown {
  const writer = new AttributeWriter()
  write(writer)
  return readStats(AttributeSet.read(writer.finish(), 'service'), place)
}

describe('readStats', () => {
  it.each([
    ['service', SvcAttr],
    ['destination', DestAttr],
  ])('reads all 64 bits of a %s', (_name, place) => {
    fc.assert(
      fc.property(counters, counters, (wide, narrow) => {
        const stats = read(place, (writer) => {
          writeStats(writer, place.STATS64, wide, 64)
          writeStats(writer, place.STATS, narrow, 32)
        })
        expect(stats).toEqual(named(wide))
      }),
    )
  })

  it('falls back to the statistics of kernels before 4.1', () => {
    const values = [1n, 2n, 3n, 2n ** 40n, 2n ** 41n, 6n, 7n, 8n, 9n, 10n]
    expect(read(SvcAttr, (writer) => writeStats(writer, SvcAttr.STATS, values, 32))).toEqual(named(values))
  })

  it('skips the padding that some architectures put before 64 bits', () => {
    const stats = read(SvcAttr, (writer) =>
      writer.plainNested(SvcAttr.STATS64, (nest) => {
        for (let type = 1; type <= 10; type += 1) nest.bytes(11, new Uint8Array()).u64(type, BigInt(type))
      }),
    )
    expect(stats).toEqual(named([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]))
  })

  it('names what is missing', () => {
    expect(() => read(SvcAttr, () => {})).toThrow('service: expected attribute 10')
    expect(() => read(SvcAttr, (writer) => writer.plainNested(12, (nest) => nest.u64(1, 1n)))).toThrow(
      'service.12: expected attribute 2',
    )
  })
})
