import { describe, expect, it } from 'vitest'
import { Protocol, SyscallError } from '../src/index.ts'
import type { Libc } from '../src/libc/libc.ts'
import { NetlinkSocket } from '../src/socket.ts'
import { fakeKernel, hex, SKIP, toHex } from '../src/testing/index.ts'

/** The smallest request: an empty NLMSG_NOOP. */
const NOOP = hex`10000000 0100 0100 01000000 00000000`

function open(libc: Libc, timeoutMs = 1500, strictDumps = false): NetlinkSocket {
  return NetlinkSocket.open({ libc, protocol: Protocol.ROUTE, timeoutMs, strictDumps })
}

/** A libc on which every call is written down as text. */
function logged(inner: Libc, log: string[]): Libc {
  return {
    ...inner,
    socket: (...args) => {
      log.push(`socket ${args.join(' ')}`)
      return inner.socket(...args)
    },
    bind: (fd, address) => {
      log.push(`bind ${toHex(address)}`)
      inner.bind(fd, address)
    },
    connect: (fd, address) => {
      log.push(`connect ${toHex(address)}`)
      inner.connect(fd, address)
    },
    setsockopt: (_fd, level, option, value) => void log.push(`setsockopt ${level} ${option} ${toHex(value)}`),
    recv: (fd, buffer, flags) => {
      log.push(`recv ${buffer.length} ${flags}`)
      return inner.recv(fd, buffer, flags)
    },
  }
}

describe('NetlinkSocket.open', () => {
  it('sets a time limit, asks for short and speaking errors, and talks to the kernel alone', () => {
    const log: string[] = []
    open(
      logged(
        fakeKernel(() => SKIP),
        log,
      ),
    )
    expect(log).toEqual([
      'socket 16 524291 0',
      'setsockopt 1 20 01000000 00000000 20a10700 00000000', // 1 s and 500 000 us
      'setsockopt 270 10 01000000',
      'setsockopt 270 11 01000000',
      'bind 10000000 00000000 00000000',
      'connect 10000000 00000000 00000000',
    ])
  })

  it('asks for strict dumps when it is told to', () => {
    const log: string[] = []
    open(
      logged(
        fakeKernel(() => SKIP),
        log,
      ),
      1500,
      true,
    )
    expect(log).toContain('setsockopt 270 12 01000000')
  })

  it('takes its port id from getsockname', () => {
    expect(open(fakeKernel(() => SKIP, { portId: 0xfedc_ba98 })).portId).toBe(0xfedc_ba98)
  })

  it('goes on without an option that an old kernel does not know', () => {
    const kernel = fakeKernel(() => SKIP)
    const setsockopt: Libc['setsockopt'] = (_fd, level) => {
      if (level === 270) throw new SyscallError('setsockopt', 92)
    }
    expect(open({ ...kernel, setsockopt }, 1, true).portId).toBe(4242)
  })

  it.each(['bind', 'connect', 'setsockopt', 'getsockname'] as const)(
    'closes the descriptor when %s fails',
    (call) => {
      const kernel = fakeKernel(() => SKIP)
      const fail = () => {
        throw new SyscallError(call, 1)
      }
      expect(() => open({ ...kernel, [call]: fail })).toThrow(`${call} failed with EPERM`)
      expect(kernel.openSockets()).toBe(0)
    },
  )

  it('closes the descriptor when the address has another size than it should', () => {
    const kernel = fakeKernel(() => SKIP)
    expect(() => open({ ...kernel, getsockname: () => 16 })).toThrow(
      'getsockname: expected 12 bytes, received 16 bytes',
    )
    expect(kernel.openSockets()).toBe(0)
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a time limit of %d ms',
    (timeoutMs) => {
      const kernel = fakeKernel(() => SKIP)
      expect(() => open(kernel, timeoutMs)).toThrow(
        new RangeError(`a time limit of ${timeoutMs} ms: it must be 1 or more`),
      )
      expect(kernel.openSockets()).toBe(0)
    },
  )
})

describe('NetlinkSocket', () => {
  it('asks for the length of the whole datagram, so that a cut one cannot pass for whole', () => {
    const log: string[] = []
    const socket = open(
      logged(
        fakeKernel(() => ({ datagrams: [hex`0102`] })),
        log,
      ),
    )
    socket.send(NOOP)
    expect([...socket.receive()]).toEqual([1, 2])
    expect(log.slice(-1)).toEqual(['recv 32768 32'])
  })

  it.each([1, 4096, 32 * 1024])('receives %d bytes whole', (length) => {
    const sent = Uint8Array.from({ length }, (_, index) => index % 251)
    const socket = open(fakeKernel(() => ({ datagrams: [sent, hex`aa`] })))
    socket.send(NOOP)
    expect(Buffer.compare(socket.receive(), sent)).toBe(0)
    expect([...socket.receive()]).toEqual([0xaa])
  })

  it.each([32 * 1024 + 1, 65_537])('refuses a datagram of %d bytes, which was cut', (length) => {
    const socket = open(fakeKernel(() => ({ datagrams: [new Uint8Array(length), hex`aa`] })))
    socket.send(NOOP)
    expect(() => socket.receive()).toThrow(`datagram: expected at most 32768 bytes, received ${length} bytes`)
    expect([...socket.receive()]).toEqual([0xaa])
  })

  it('tries again when a signal interrupts send or recv', () => {
    let signals = 3
    const kernel = fakeKernel(() => ({ datagrams: [hex`aa`] }), {
      onRecv: () => (signals-- > 0 ? 'EINTR' : undefined),
    })
    let sends = 0
    const send: Libc['send'] = (...args) => {
      sends += 1
      if (sends === 1) throw new SyscallError('send', 4)
      return kernel.send(...args)
    }
    const socket = open({ ...kernel, send })
    socket.send(NOOP)
    expect([...socket.receive()]).toEqual([0xaa])
    expect(sends).toBe(2)
  })

  it('says how long it waited for nothing', () => {
    const socket = open(fakeKernel(() => SKIP))
    socket.send(NOOP)
    const receive = () => socket.receive()
    expect(receive).toThrow('recv failed with EAGAIN: the kernel gave no answer within 1500 ms')
    expect(receive).toThrow(
      expect.objectContaining({ syscall: 'recv', errno: 'EAGAIN', cause: expect.any(SyscallError) }),
    )
  })

  it('refuses a datagram the kernel took only a part of', () => {
    const socket = open({ ...fakeKernel(() => SKIP), send: () => 15 })
    expect(() => socket.send(NOOP)).toThrow('send: expected 16 bytes taken, received 15 bytes')
  })

  it('closes once, and says so when it is used afterwards', () => {
    const kernel = fakeKernel(() => SKIP)
    const socket = open(kernel)
    socket.close()
    socket.close()
    expect(kernel.openSockets()).toBe(0)
    expect(() => socket.send(NOOP)).toThrow(
      'send failed with EBADF: this netlink socket is closed: open a new one',
    )
    expect(() => socket.receive()).toThrow('EBADF')
  })
})
