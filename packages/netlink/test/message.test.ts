import { constants } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AttributeWriter,
  ControlType,
  DecodeError,
  ErrAttr,
  encodeMessage,
  Flag,
  type Message,
  readMessages,
  readStatus,
} from '../src/index.ts'
import { hex, toHex } from '../src/testing/index.ts'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const anyMessage = fc.record({
  type: u16,
  flags: u16,
  sequence: u32,
  portId: u32,
  payload: fc.uint8Array({ maxLength: 40 }),
})
const plain = (message: Message): Message => ({ ...message, payload: Uint8Array.from(message.payload) })

describe('encodeMessage', () => {
  it('lays out struct nlmsghdr and the payload as long as it is', () => {
    const message = { type: 0x1020, flags: 0x0605, sequence: 0x3ea, portId: 0x01020304, payload: hex`aabbcc` }
    expect(toHex(encodeMessage(message))).toBe(
      toHex(hex`
        13000000  # 16 + 3 bytes
        2010 0506
        ea030000
        04030201
        aabbcc
      `),
    )
  })

  it.each([
    ['type', { type: 0x10000 }, 'message type: 65536 is not a u16'],
    ['flags', { flags: -1 }, 'message flags: -1 is not a u16'],
    ['sequence', { sequence: 2 ** 32 }, 'sequence: 4294967296 is not a u32'],
    ['port id', { portId: 0.5 }, 'port id: 0.5 is not a u32'],
  ])('refuses a %s that does not fit', (_name, field, message) => {
    const good = { type: 16, flags: 1, sequence: 1, portId: 0, payload: hex`` }
    expect(() => encodeMessage({ ...good, ...field })).toThrow(new RangeError(message))
  })
})

describe('readMessages', () => {
  it('gives back what was encoded, aligned one behind the other', () => {
    fc.assert(
      fc.property(fc.array(anyMessage), (messages) => {
        const datagram = Buffer.concat(
          messages.map((message) => {
            const bytes = encodeMessage(message)
            return Buffer.concat([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)])
          }),
        )
        expect([...readMessages(datagram)].map(plain)).toEqual(messages.map(plain))
      }),
    )
  })

  it.each([
    [
      'cut inside the header',
      hex`10000000 1000 0000 00000000`,
      'expected a header of 16 bytes, received 12 bytes',
    ],
    ['of length zero', new Uint8Array(16), 'expected a message of 16 to 16 bytes, received 0 bytes'],
    ['shorter than its header', hex`0f000000 1000 0000 00000000 00000000`, 'received 15 bytes'],
    [
      'longer than the datagram',
      hex`11000000 1000 0000 00000000 00000000`,
      'expected a message of 16 to 16 bytes, received 17',
    ],
    ['longer than 2^31', hex`f0ffffff 1000 0000 00000000 00000000`, 'received 4294967280 bytes'],
  ])('refuses a message %s', (_name, bytes, text) => {
    expect(() => [...readMessages(bytes)]).toThrow(DecodeError)
    expect(() => [...readMessages(bytes)]).toThrow(text)
  })

  it('always ends: progress, or a DecodeError', () => {
    const shaped = fc
      .tuple(fc.array(fc.tuple(fc.nat(40), fc.uint8Array({ minLength: 12, maxLength: 12 }))))
      .map(([parts]) => Uint8Array.from(parts.flatMap(([length, rest]) => [length, 0, 0, 0, ...rest])))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), shaped), (bytes) => {
        let seen = 0
        try {
          for (const message of readMessages(bytes)) {
            seen += 1
            expect(seen).toBeLessThanOrEqual(bytes.length / 16 + 1)
            readStatus(message)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
    )
  })
})

describe('readStatus', () => {
  const tlvs = new AttributeWriter()
    .text(ErrAttr.MSG, 'Invalid prefsrc address')
    .u32(ErrAttr.OFFS, 36)
    .finish()
  const extended = { message: 'Invalid prefsrc address', offset: 36 }
  const status = Buffer.alloc(4)
  status.writeInt32LE(-constants.errno.EINVAL)
  const request = encodeMessage({ type: 24, flags: 5, sequence: 7, portId: 0, payload: hex`0a0b0c0d 0e` })

  const error = (flags: number, ...parts: Uint8Array[]): Message => ({
    type: ControlType.ERROR,
    flags,
    sequence: 7,
    portId: 1,
    payload: Buffer.concat(parts),
  })

  it('reads success', () => {
    expect(readStatus(error(Flag.CAPPED, new Uint8Array(4), request.subarray(0, 16)))).toEqual({
      errno: 0,
      extended: {},
    })
  })

  it('reads an errno without extended ack', () => {
    expect(readStatus(error(0, status, request))).toEqual({ errno: constants.errno.EINVAL, extended: {} })
  })

  it('finds the extended ack behind a capped copy of the request', () => {
    const message = error(Flag.CAPPED | Flag.ACK_TLVS, status, request.subarray(0, 16), tlvs)
    expect(readStatus(message)).toEqual({ errno: constants.errno.EINVAL, extended })
  })

  it('finds the extended ack behind a whole copy of the request and its padding', () => {
    const message = error(Flag.ACK_TLVS, status, request, new Uint8Array(3), tlvs)
    expect(readStatus(message)).toEqual({ errno: constants.errno.EINVAL, extended })
  })

  it('finds the extended ack in a DONE right behind its status', () => {
    const done = { ...error(Flag.MULTI | Flag.ACK_TLVS, status, tlvs), type: ControlType.DONE }
    expect(readStatus(done)).toEqual({ errno: constants.errno.EINVAL, extended })
  })

  it('takes a DONE without a status as success, and refuses an ERROR without one', () => {
    expect(readStatus({ ...error(0), type: ControlType.DONE })).toEqual({ errno: 0, extended: {} })
    expect(() => readStatus(error(0))).toThrow('error: expected a status of 4 bytes, received 0 bytes')
    expect(() => readStatus({ ...error(0, hex`0000`), type: ControlType.DONE })).toThrow(
      'done: expected a status',
    )
  })

  it.each([
    ['no header', error(Flag.ACK_TLVS, status, hex`24000000`), "a copy of the request's header"],
    [
      'a length beyond the message',
      error(Flag.ACK_TLVS, status, hex`11000000`, new Uint8Array(12)),
      'at most 16 bytes, received 17',
    ],
    [
      'a length beyond 2^31',
      error(Flag.ACK_TLVS, status, hex`fdffffff`, new Uint8Array(12)),
      'received 4294967293',
    ],
  ])('refuses a copy of the request with %s', (_name, message, text) => {
    expect(() => readStatus(message)).toThrow(DecodeError)
    expect(() => readStatus(message)).toThrow(text)
  })
})
