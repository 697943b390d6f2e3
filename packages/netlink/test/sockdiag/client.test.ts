import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DecodeError,
  decodeTcpSocket,
  encodeMessage,
  type Libc,
  type Message,
  NetlinkError,
  NoSubsystemError,
  SockDiag,
  SockDiagType,
  SyscallError,
  type TcpSocket,
} from '../../src/index.ts'
import { fakeKernel, type Reply, replayKernel, reply, SKIP } from '../../src/testing/index.ts'
import { CAPTURE, LISTED } from './capture.ts'
import { FakeSockets, listed } from './fake-sockets.ts'
import { anySocket, CLIENT, MAPPED } from './sockets.ts'

const IPV6: TcpSocket = {
  ...{ ...CLIENT, family: 'inet6', cookie: 4n, linkIndex: 7 },
  ...{ local: { address: 'fd00:99::1', port: 40_001 }, remote: { address: 'fd00:99::1', port: 443 } },
}
const ALL = [CLIENT, { ...CLIENT, local: { address: '10.0.0.1', port: 22 }, cookie: 9n }, MAPPED, IPV6]

function open(sockets: readonly TcpSocket[] = ALL): {
  readonly diag: SockDiag
  readonly kernel: FakeSockets
} {
  const kernel = new FakeSockets(sockets)
  return { diag: SockDiag.open({ libc: kernel.libc }), kernel }
}

function answering(answer: (request: Message) => Reply): SockDiag {
  return SockDiag.open({ libc: fakeKernel(answer), timeoutMs: 50 })
}

describe('tcpSockets()', () => {
  it('lists both families', () => {
    const { diag, kernel } = open()
    expect(diag.tcpSockets()).toEqual(ALL)
    expect(kernel.requests.map(({ type, payload }) => [type, payload[0]])).toEqual([
      [SockDiagType.DIAG_BY_FAMILY, 2],
      [SockDiagType.DIAG_BY_FAMILY, 10],
    ])
  })

  it('lets the kernel filter', () => {
    const { diag } = open()
    expect(diag.tcpSockets({ remotePort: 443 })).toEqual([IPV6])
    expect(diag.tcpSockets({ localPort: 22, states: ['ESTABLISHED', 'SYN_SENT'] })).toEqual([ALL[1]])
    expect(diag.tcpSockets({ states: ['LISTEN'] })).toEqual([])
    expect(diag.tcpSockets({ states: [] })).toEqual([])
  })

  it('passes over what is no socket', () => {
    const other = { type: 4242, payload: new Uint8Array(4) }
    const object = { type: SockDiagType.DIAG_BY_FAMILY, payload: listed(CLIENT) }
    const diag = answering(({ payload }) => (payload[0] === 2 ? reply.objects(other, object) : reply.ok()))
    expect(diag.tcpSockets()).toEqual([CLIENT])
  })

  it('is NoSubsystemError where the kernel has nobody who could answer, and works when it has', () => {
    let missing = true
    const object = { type: SockDiagType.DIAG_BY_FAMILY, payload: listed(CLIENT) }
    const diag = answering(({ payload }) => {
      if (missing) return reply.errno('ENOENT')
      return payload[0] === 2 ? reply.objects(object) : reply.ok()
    })
    const call = () => diag.tcpSockets()
    expect(call).toThrow(NoSubsystemError)
    expect(call).toThrow('this kernel has no tcp_diag, and no module that it could load brings it')
    missing = false
    expect(diag.tcpSockets()).toEqual([CLIENT])
  })

  it.each([
    ['EPERM', reply.errno('EPERM'), 'the kernel refused the request with EPERM'],
    ['silence', SKIP, 'recv failed with EAGAIN'],
    ['half a socket', reply.objects({ type: 20, payload: new Uint8Array(71) }), 'socket: expected 72 bytes'],
  ])('throws on %s', (_what, answer, message) => {
    expect(() => answering(() => answer).tcpSockets()).toThrow(message)
  })

  it('ends on any bytes, with a socket or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const diag = answering(() => ({ datagrams: [bytes] }))
        expect(() => diag.tcpSockets()).toThrow(NetlinkError)
      }),
    )
  })

  it('throws DecodeError for garbage where sockets should be, and never hangs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 71 }), (payload) => {
        const diag = answering(() => reply.objects({ type: SockDiagType.DIAG_BY_FAMILY, payload }))
        expect(() => diag.tcpSockets()).toThrow(DecodeError)
      }),
    )
  })
})

describe('destroy()', () => {
  it('ends the one with the cookie, and is false when it is gone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anySocket, { selector: ({ cookie }) => cookie, minLength: 1 }),
        (sockets) => {
          const { diag } = open(sockets)
          const [first, ...others] = diag.tcpSockets()
          if (first === undefined) throw new Error('no socket')
          expect(diag.destroy(first)).toBe(true)
          expect(diag.destroy(first)).toBe(false)
          expect(diag.tcpSockets()).toEqual(others)
        },
      ),
    )
  })

  it('hurts nobody with the same ends and another cookie', () => {
    const { diag } = open([CLIENT])
    expect(diag.destroy({ ...CLIENT, cookie: 3n })).toBe(false)
    expect(diag.tcpSockets()).toEqual([CLIENT])
  })

  it('sends one request each with family, ends, link and cookie of the list', () => {
    const { diag, kernel } = open()
    for (const socket of diag.tcpSockets()) diag.destroy(socket)
    const destroyed = kernel.requests.slice(2).map(({ payload }) => [...payload.subarray(8)])
    expect(destroyed).toEqual(ALL.map((socket) => [...listed(socket).subarray(4, 52)]))
  })

  it('sends nothing with the cookie of all sockets', () => {
    const { diag, kernel } = open()
    expect(() => diag.destroy({ ...CLIENT, cookie: 2n ** 64n - 1n })).toThrow(RangeError)
    expect(kernel.requests).toEqual([])
  })

  it.each(['EPERM', 'EOPNOTSUPP', 'EINVAL'] as const)('throws what else the kernel says: %s', (errno) => {
    const diag = answering(() => reply.errno(errno))
    expect(() => diag.destroy(CLIENT)).toThrow(expect.objectContaining({ code: 'ERR_NETLINK_KERNEL', errno }))
  })
})

describe('SockDiag', () => {
  it('is NoSubsystemError where there is no sock_diag at all', () => {
    const socket = (): never => {
      throw new SyscallError('socket', 93)
    }
    const call = () => SockDiag.open({ libc: { ...fakeKernel(() => SKIP), socket } })
    expect(call).toThrow(NoSubsystemError)
    expect(call).toThrow('this kernel has no sock_diag')
  })

  it('passes on why else no socket can be opened', () => {
    const socket = (): never => {
      throw new SyscallError('socket', 24)
    }
    expect(() => SockDiag.open({ libc: { ...fakeKernel(() => SKIP), socket } })).toThrow('EMFILE')
  })

  it.each<readonly [string, Reply, string]>([
    ['a dump of which a part was dropped', { recv: 'ENOBUFS' }, 'ENOBUFS'],
    ['silence', SKIP, 'EAGAIN'],
    ['garbage', { datagrams: [new Uint8Array(3)] }, 'DecodeError'],
  ])('ends with %s: a second socket could be of another network namespace', (_what, answer, first) => {
    const { libc, opened } = counting(answer)
    const diag = SockDiag.open({ libc, timeoutMs: 50 })
    expect(first === 'DecodeError' ? thrown(diag).name : thrown(diag).message).toContain(first)
    expect(thrown(diag).message).toContain('this netlink socket is closed')
    expect(() => diag.destroy(CLIENT)).toThrow('this netlink socket is closed')
    expect([opened(), libc.openSockets()]).toEqual([1, 0])
  })

  it('opens no second socket after close()', () => {
    const { diag, kernel } = open()
    diag.close()
    diag.close()
    expect(() => diag.tcpSockets()).toThrow('this netlink socket is closed')
    expect(kernel.libc.openSockets()).toBe(0)
  })
})

function thrown(diag: SockDiag): Error {
  try {
    diag.tcpSockets()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

function counting(answer: Reply): {
  readonly libc: ReturnType<typeof fakeKernel>
  readonly opened: () => number
} {
  const kernel = fakeKernel(() => answer)
  let opened = 0
  const socket = (...args: Parameters<Libc['socket']>): number => {
    opened += 1
    return kernel.socket(...args)
  }
  return { libc: { ...kernel, socket }, opened: () => opened }
}

it('a capture of a real kernel plays back: listed, ended, gone', () => {
  const kernel = replayKernel(CAPTURE)
  const diag = SockDiag.open({ libc: kernel })
  const sockets = diag.tcpSockets({ remotePort: 6443, states: ['ESTABLISHED'] })
  expect(sockets).toEqual([decodeTcpSocket(LISTED)])
  expect([...sockets, ...sockets].map((socket) => diag.destroy(socket))).toEqual([true, false])
  expect(kernel.left()).toBe(0)
})

it('a message is as long as the kernel wants it', () => {
  const { diag, kernel } = open([CLIENT])
  diag.destroy(CLIENT)
  expect(kernel.requests.map((request) => encodeMessage(request).length)).toEqual([72])
})
