import { readFileSync } from 'node:fs'
import type { Exchange } from '@lvscare/netlink/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { garbage } from './arbitraries.ts'
import { golden, goldenNames } from './golden.ts'
import { formatGolden, parseGolden, turnsOf } from './golden-file.ts'

const answer = golden('dest-tunnel').exchanges[0]?.bytes ?? new Uint8Array()

describe('golden files', () => {
  it.each(goldenNames())('%s.hex is written as formatGolden writes it', (name) => {
    const text = readFileSync(new URL(`./golden/${name}.hex`, import.meta.url), 'utf8')
    expect(formatGolden(parseGolden(text))).toBe(text)
  })

  it('any datagrams survive, whatever the comments make of them', () => {
    const exchange: fc.Arbitrary<Exchange> = fc.record({
      direction: fc.constantFrom('request', 'answer'),
      bytes: garbage(answer).map((bytes) => Uint8Array.from(bytes)),
    })
    fc.assert(
      fc.property(fc.array(exchange, { maxLength: 4 }), (exchanges) => {
        const capture = { kernel: '6.1.177', command: 'any', exchanges }
        expect(parseGolden(formatGolden(capture))).toEqual(capture)
      }),
    )
  })

  it('names the attributes', () => {
    expect(formatGolden(golden('dest-tunnel'))).toContain('\n    06000e00 15b30000  # TUN_PORT\n')
  })

  it('refuses a file without its header', () => {
    expect(() => parseGolden('# request\n00')).toThrow('begins with "# kernel: ..."')
  })

  it('turnsOf() leaves out the look-up of the family with its answers', () => {
    const bytes = (name: string) => golden(name).exchanges[0]?.bytes ?? new Uint8Array()
    const lookup = Uint8Array.from(Buffer.from('14000000100005000100000000000000' + '03010000', 'hex'))
    const exchanges: Exchange[] = [
      { direction: 'request', bytes: lookup },
      { direction: 'answer', bytes: bytes('ack') },
      { direction: 'request', bytes: bytes('get-service-dump') },
      { direction: 'answer', bytes: bytes('service-persistent') },
      { direction: 'answer', bytes: bytes('ack') },
    ]
    expect(turnsOf({ kernel: '', command: '', exchanges })).toEqual([
      { request: bytes('get-service-dump'), answers: [bytes('service-persistent'), bytes('ack')] },
    ])
  })
})
