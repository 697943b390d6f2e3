import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection, encodeMessage, Protocol } from '../../src/index.ts'
import {
  ctrlLayouts,
  type Exchange,
  familyIdOf,
  formatGolden,
  hex,
  parseGolden,
  replayKernel,
  timeless,
  toHex,
  turnsOf,
} from '../../src/testing/index.ts'

const header = { flags: 5, sequence: 7, portId: 0 }
const message = (type: number, payload: Uint8Array) => encodeMessage({ ...header, type, payload })
const request = (type: number, payload: Uint8Array): Exchange => ({
  direction: 'request',
  bytes: message(type, payload),
})
const answer = (type: number, payload: Uint8Array): Exchange => ({
  ...request(type, payload),
  direction: 'answer',
})

const LOOKUP = request(16, hex`03010000 08000200 49505600`)
const ACK = answer(2, hex`00000000 14000000 23000500 07000000 00000000`)
const NEW_LINK = request(16, hex`00000000 00000000 00000000 00000000`)
const OTHER = request(35, hex`01010000`)

describe('golden files', () => {
  const exchange: fc.Arbitrary<Exchange> = fc.record({
    direction: fc.constantFrom('request', 'answer'),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(fc.constantFrom(2, 3, 16, 24, 35), fc.uint8Array({ maxLength: 64 }))
        .map((one) => message(...one)),
    ),
  })

  it('any datagrams survive, whatever the comments make of them', () => {
    fc.assert(
      fc.property(fc.array(exchange, { maxLength: 4 }), (exchanges) => {
        const capture = { kernel: '6.1.177', command: 'any', exchanges }
        const again = parseGolden(formatGolden(capture, ctrlLayouts))
        expect(again.exchanges.map(({ bytes }) => toHex(bytes))).toEqual(
          exchanges.map(({ bytes }) => toHex(bytes)),
        )
      }),
    )
  })

  it('tell attributes, errors and the words of the kernel', () => {
    const refusal = answer(2, hex`feffffff 14000000 23000500 07000000 00000000`)
    const text = formatGolden({ kernel: 'k', command: 'c', exchanges: [LOOKUP, refusal] }, ctrlLayouts)
    expect(text.split('\n')).toEqual([
      '# kernel: k',
      '# command: c',
      '',
      '# request',
      '1c000000 10000500 07000000 00000000  # nlmsghdr: type 16, flags 0x5, sequence 7',
      '03010000  # genlmsghdr: GETFAMILY',
      '  08000200 49505600  # FAMILY_NAME',
      '',
      '# answer',
      '24000000 02000500 07000000 00000000  # nlmsghdr: type 2, flags 0x5, sequence 7',
      'feffffff  # ENOENT',
      "14000000 23000500 07000000 00000000  # the request's nlmsghdr",
      '',
    ])
  })

  it('refuses a file without its header, and one that begins with an answer', () => {
    expect(() => parseGolden('# request\n00')).toThrow('begins with "# kernel: ..."')
    expect(() => turnsOf({ exchanges: [ACK] })).toThrow('begins with a request')
  })
})

describe('turnsOf()', () => {
  it('leaves out the look-up of the family, unless there is nothing else', () => {
    expect(turnsOf({ exchanges: [LOOKUP, ACK, OTHER, ACK, ACK] })).toEqual([
      { request: OTHER.bytes, answers: [ACK.bytes, ACK.bytes] },
    ])
    expect(turnsOf({ exchanges: [LOOKUP, ACK] }).length).toBe(1)
  })

  it('takes no RTM_NEWLINK for a look-up', () => {
    expect(turnsOf({ exchanges: [NEW_LINK, ACK, OTHER] }).length).toBe(2)
  })
})

describe('timeless()', () => {
  it('clears the sequence, in answers the port id, and the type where it is the family', () => {
    const port = {
      direction: 'request',
      bytes: encodeMessage({ ...header, portId: 9, type: 35, payload: hex`01` }),
    } as const
    expect(toHex(timeless(port))).toBe('11000000 23000500 00000000 09000000 01')
    expect(toHex(timeless(port, 35))).toBe('11000000 00000500 00000000 09000000 01')
    expect(toHex(timeless({ ...port, direction: 'answer' }, 36))).toBe(
      '11000000 23000500 00000000 00000000 01',
    )
  })

  it('clears the copy of the request in an error alike', () => {
    expect(toHex(timeless(ACK, 35))).toBe(
      '24000000 02000500 00000000 00000000 00000000 14000000 00000500 00000000 00000000',
    )
  })

  it('changes nothing else', () => {
    expect(toHex(timeless(NEW_LINK)).replace(' 00000000 ', ' 07000000 ')).toBe(toHex(NEW_LINK.bytes))
  })
})

describe('replayKernel()', () => {
  const golden = { kernel: 'k', command: 'c', exchanges: [OTHER, ACK] }
  const open = () => {
    const libc = replayKernel(golden)
    return { libc, connection: Connection.open({ protocol: Protocol.GENERIC, libc }) }
  }

  it('answers the captured request, whatever its sequence', () => {
    const { libc, connection } = open()
    expect(libc.left()).toBe(1)
    expect(connection.execute({ type: 35, payload: hex`01010000` })).toEqual([])
    expect(libc.left()).toBe(0)
    expect(familyIdOf(golden)).toBe(35)
  })

  it.each([
    ['another family', { type: 36, payload: hex`01010000` }],
    ['another payload', { type: 35, payload: hex`02010000` }],
    ['other flags', { type: 35, flags: 0x300, payload: hex`01010000` }],
  ])('refuses %s', (_, one) => {
    expect(() => open().connection.execute(one)).toThrow('the capture has the request')
  })

  it('refuses a request more', () => {
    const { connection } = open()
    connection.execute({ type: 35, payload: hex`01010000` })
    expect(() => connection.execute({ type: 35, payload: hex`01010000` })).toThrow('a request more')
  })
})
