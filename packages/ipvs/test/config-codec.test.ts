import { DecodeError } from '@lvscare/netlink'
import { hex } from '@lvscare/netlink/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeInfo, decodeTimeouts, encodeTimeouts } from '../src/config-codec.ts'
import { garbage } from './arbitraries.ts'
import { goldenAttributes } from './golden.ts'

const seconds = fc.integer({ min: 1, max: 2147483 })

describe('timeouts', () => {
  it('are written in host order, those that are given', () => {
    expect(encodeTimeouts({ udp: 0x010203, tcp: 2 })).toEqual(
      Buffer.from(hex`0800 0400 0200 0000  0800 0600 0302 0100`),
    )
  })

  it('survive the wire', () => {
    fc.assert(
      fc.property(fc.record({ tcp: seconds, tcpFin: seconds, udp: seconds }), (timeouts) => {
        expect(decodeTimeouts(encodeTimeouts(timeouts))).toEqual(timeouts)
      }),
    )
  })

  it.each([0, -1, 2147484, 0.5, Number.NaN])('refuse %s seconds', (udp) => {
    expect(() => encodeTimeouts({ udp })).toThrow(
      `timeout udp must be an integer from 1 to 2147483, not ${udp}`,
    )
  })
})

describe('decodeInfo', () => {
  it('reads the version as three numbers', () => {
    expect(decodeInfo(hex`0800 0100 0312 0100  0800 0200 0000 0100`)).toEqual({
      version: '1.18.3',
      connectionTableSize: 65536,
    })
  })
})

it.each([
  ['info', decodeInfo],
  ['config', decodeTimeouts],
])('%s: nothing but DecodeError on garbage', (name, decode) => {
  fc.assert(
    fc.property(garbage(goldenAttributes(name, 'answer')), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 1000 },
  )
})
