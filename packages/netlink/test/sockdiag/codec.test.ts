import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DecodeError,
  decodeTcpSocket,
  encodeSocketDestroy,
  encodeSocketDump,
  Flag,
  SockDiagType,
  type TcpSocket,
} from '../../src/index.ts'
import { toHex } from '../../src/testing/index.ts'
import { golden } from '../rtnl/golden.ts'
import { LISTED } from './capture.ts'
import { listed } from './fake-sockets.ts'
import { anySocket, CLIENT, MAPPED } from './sockets.ts'

const ZERO = '00000000'

describe('the request for a list', () => {
  it('is the one that the kernel has answered, but for the cookie, which is none', () => {
    const captured = golden(
      `4800000014000103010000000000000002060000020000000000192b${ZERO.repeat(9)}ffffffffffffffff`,
    )
    expect([captured.type, captured.flags]).toEqual([SockDiagType.DIAG_BY_FAMILY, Flag.REQUEST | Flag.DUMP])
    const payload = encodeSocketDump('inet', { remotePort: 6443, states: ['ESTABLISHED'] })
    expect(toHex(payload.subarray(0, 48))).toBe(toHex(captured.payload.subarray(0, 48)))
    expect(toHex(payload.subarray(48))).toBe(`${ZERO} ${ZERO}`)
  })

  it('has the bit of every state unless some are named', () => {
    expect(toHex(encodeSocketDump('inet6', {}))).toBe(
      ['0a060000', 'fe1f0000', ...new Array(12).fill(ZERO)].join(' '),
    )
    const some = encodeSocketDump('inet', { states: ['SYN_SENT', 'CLOSE_WAIT', 'STATE-13'], localPort: 22 })
    expect(toHex(some).slice(0, 26)).toBe('02060000 04210000 00160000')
    expect(toHex(encodeSocketDump('inet', { states: [] })).slice(9, 17)).toBe(ZERO)
  })

  it('for SYN_RECV asks for NEW_SYN_RECV too, as which the kernel finds what it then lists as SYN_RECV', () => {
    expect(toHex(encodeSocketDump('inet', { states: ['SYN_RECV'] })).slice(9, 17)).toBe('08100000')
  })

  it.each([
    [{ localPort: 0 }, 'local port: 0 is not a port'],
    [{ remotePort: 0 }, 'remote port: 0 is not a port'],
    [{ remotePort: 65_536 }, 'remote port: 65536 is not a u16'],
    [{ localPort: 0.5 }, 'local port: 0.5 is not a u16'],
    [{ states: ['STATE-32'] }, '"STATE-32" is not a state'],
    [{ states: ['established'] }, '"established" is not a state'],
  ])('refuses %j', (filter, message) => {
    const call = () => encodeSocketDump('inet', filter as object)
    expect(call).toThrow(RangeError)
    expect(call).toThrow(message)
  })
})

describe('the request that ends a socket', () => {
  it('is the one that has ended one', () => {
    const captured = golden(
      `4800000015000500010000000000000002060000020000009aa0192b0a630001${ZERO.repeat(3)}` +
        `0a630001${ZERO.repeat(4)}0200000000000000`,
    )
    expect([captured.type, captured.flags]).toEqual([SockDiagType.DESTROY, Flag.REQUEST | Flag.ACK])
    const payload = encodeSocketDestroy(CLIENT)
    // The capture names states, at which the kernel does not look here.
    expect(toHex(payload.subarray(8))).toBe(toHex(captured.payload.subarray(8)))
    expect(toHex(payload.subarray(0, 8))).toBe(`02060000 ${ZERO}`)
  })

  it('of an IPv6 socket has the IPv4 address as it is in there', () => {
    expect(toHex(encodeSocketDestroy(MAPPED))).toBe(
      [
        ...['0a060000', ZERO, '9aa0192b', ZERO, ZERO, '0000ffff', '0a630001'],
        ...[ZERO, ZERO, '0000ffff', '0a630001', ZERO, '03000000', '01000000'],
      ].join(' '),
    )
  })

  it.each<readonly [string, Partial<TcpSocket>]>([
    ['18446744073709551615 is not the cookie of one socket', { cookie: 0xffff_ffff_ffff_ffffn }],
    ['18446744073709551616 is not the cookie of one socket', { cookie: 2n ** 64n }],
    ['-1 is not the cookie of one socket', { cookie: -1n }],
    ['fd00::1 is no address of an IPv4 socket', { remote: { address: 'fd00::1', port: 1 } }],
    ['"localhost" is not an IP address', { local: { address: 'localhost', port: 1 } }],
    ['local port: 65536 is not a u16', { local: { address: '10.0.0.1', port: 65_536 } }],
    ['link index: -1 is not a u32', { linkIndex: -1 }],
  ])('is refused: %s', (message, wrong) => {
    const call = () => encodeSocketDestroy({ ...CLIENT, ...wrong })
    expect(call).toThrow(RangeError)
    expect(call).toThrow(message)
  })
})

describe('a listed socket', () => {
  it('of IPv6 over IPv4 has IPv4 addresses, and a cookie of two words', () => {
    const local = { address: '10.99.0.1', port: 40_000 }
    expect(decodeTcpSocket(LISTED)).toEqual({ ...MAPPED, local, cookie: 1n, inode: 1181 })
    const words = Uint8Array.from(LISTED)
    words.set([3, 0, 0, 0, 1, 0, 0, 0], 44)
    expect(decodeTcpSocket(words).cookie).toBe(0x1_0000_0003n)
  })

  it('is read without its attributes, whatever they are', () => {
    const head = LISTED.subarray(0, 72)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
        expect(decodeTcpSocket(Buffer.concat([head, tail]))).toEqual(decodeTcpSocket(LISTED))
      }),
    )
  })

  it('that is not whole is a DecodeError, at any length', () => {
    for (let length = 0; length < 72; length += 1) {
      const call = () => decodeTcpSocket(LISTED.subarray(0, length))
      expect(call).toThrow(DecodeError)
      expect(call).toThrow(`socket: expected 72 bytes, received ${length} bytes`)
    }
  })

  it('of another family is a DecodeError', () => {
    expect(() => decodeTcpSocket(Uint8Array.of(1, ...LISTED.subarray(1)))).toThrow(
      'socket: expected AF_INET or AF_INET6, received 1',
    )
  })

  it.each([
    [0, 'STATE-0'],
    [1, 'ESTABLISHED'],
    [10, 'LISTEN'],
    [12, 'NEW_SYN_RECV'],
    [13, 'STATE-13'],
    [255, 'STATE-255'],
  ])('in state %i is %s', (number, word) => {
    expect(decodeTcpSocket(listed(CLIENT, number)).state).toBe(word)
  })

  it('names IPv6 addresses by their words, and only ::ffff:0:0/96 by IPv4', () => {
    for (const address of ['::', '::1', '::a00:1', 'fd00:99::1', '64:ff9b::a00:1', '::ffff:0:a00:1']) {
      const end = { address, port: 1 }
      const { local, remote } = decodeTcpSocket(listed({ ...MAPPED, local: end, remote: CLIENT.remote }))
      expect(local.address).toBe(address)
      expect(remote).toEqual(CLIENT.remote)
    }
  })

  it('is asked for by what was read: ends, family, cookie and link come back whole', () => {
    fc.assert(
      fc.property(anySocket, (socket) => {
        const read = decodeTcpSocket(listed(socket))
        expect(read).toEqual({ ...socket, state: 'ESTABLISHED' })
        expect(toHex(encodeSocketDestroy(read))).toBe(toHex(encodeSocketDestroy(socket)))
      }),
    )
  })

  it('from any bytes is a socket or a DecodeError, and what is beside them does not matter', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 255 }), (bytes, filler) => {
        const read = (around: Uint8Array) => attempt(around.subarray(8, 8 + bytes.length))
        const [plain, filled] = [new Uint8Array(160), new Uint8Array(160).fill(filler)]
        for (const memory of [plain, filled]) memory.set(bytes, 8)
        expect(read(filled)).toEqual(read(plain))
      }),
    )
  })
})

/** The socket, or the words of the DecodeError. */
function attempt(payload: Uint8Array): TcpSocket | string {
  try {
    return decodeTcpSocket(payload)
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}
