import { closeSync, openSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Flag, Protocol, Size, Sock } from '../../src/constants.ts'
import { CtrlCommand, Genl } from '../../src/genl/constants.ts'
import { lookupFamily } from '../../src/genl/controller.ts'
import { decodeGenl, encodeGenl } from '../../src/genl/header.ts'
import { Connection, NoFamilyError, SyscallError } from '../../src/index.ts'
import type { Libc } from '../../src/libc/libc.ts'
import { NetlinkSocket } from '../../src/socket.ts'
import {
  errnoOf,
  familyAnswer,
  getFamily,
  int,
  middle,
  netlinkAddress,
  SENTINEL,
  timeval,
  withSocket,
} from './raw.ts'

/** SO_SNDBUF of asm-generic/socket.h; used by this test alone. */
const SO_SNDBUF = 7

const NO_FD: readonly (readonly [syscall: string, (libc: Libc) => unknown])[] = Object.entries<
  (libc: Libc) => unknown
>({
  bind: (libc) => libc.bind(-1, netlinkAddress()),
  connect: (libc) => libc.connect(-1, netlinkAddress()),
  getsockname: (libc) => libc.getsockname(-1, netlinkAddress()),
  setsockopt: (libc) => libc.setsockopt(-1, Sock.SOL_SOCKET, Sock.SO_RCVBUF, int(4096)),
  getsockopt: (libc) => libc.getsockopt(-1, Sock.SOL_SOCKET, Sock.SO_RCVBUF, int(0)),
  send: (libc) => libc.send(-1, getFamily(), 0),
  recv: (libc) => libc.recv(-1, new Uint8Array(64), 0),
  setns: (libc) => libc.setns(-1, Sock.CLONE_NEWNET),
  close: (libc) => libc.close(-1),
})

const ON_SOCKET: readonly (readonly [errno: string, what: string, (libc: Libc, fd: number) => unknown])[] = [
  ['EAGAIN', 'recv() of nothing', (libc, fd) => libc.recv(fd, new Uint8Array(64), Sock.MSG_DONTWAIT)],
  ['ENOPROTOOPT', 'an unknown option', (libc, fd) => libc.setsockopt(fd, Sock.SOL_NETLINK, 9999, int(1))],
  [
    'ENOPROTOOPT',
    'reading an unknown option',
    (libc, fd) => libc.getsockopt(fd, Sock.SOL_NETLINK, 9999, int(1)),
  ],
  ['EINVAL', 'half a timeval', (libc, fd) => libc.setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVTIMEO, int(1))],
  ['EINVAL', 'bind() to half an address', (libc, fd) => libc.bind(fd, netlinkAddress().subarray(0, 4))],
  ['EINVAL', 'connect() to half an address', (libc, fd) => libc.connect(fd, netlinkAddress().subarray(0, 4))],
  ['EMSGSIZE', 'more than the send buffer holds', sendTooMuch],
]

function sendTooMuch(libc: Libc, fd: number): void {
  libc.setsockopt(fd, Sock.SOL_SOCKET, SO_SNDBUF, int(4608))
  libc.send(fd, new Uint8Array(128 * 1024), 0)
}

/** Every failure carries its own errno, whatever was called before. */
export function describeErrors(load: () => Libc): void {
  it.each(NO_FD)('%s() on no descriptor fails with EBADF', (syscall, callOn) => {
    const call = () => callOn(load())
    expect(call).toThrow(SyscallError)
    expect(call).toThrow(expect.objectContaining({ syscall, errno: 'EBADF' }))
  })

  it.each(ON_SOCKET)('fails with %s: %s', (errno, _what, call) => {
    expect(withSocket(load(), (fd) => errnoOf(() => call(load(), fd)))).toBe(errno)
  })

  it('socket() fails with EPROTONOSUPPORT, ESOCKTNOSUPPORT and EAFNOSUPPORT', () => {
    const libc = load()
    expect(errnoOf(() => libc.socket(Sock.AF_NETLINK, Sock.SOCK_RAW, 31))).toBe('EPROTONOSUPPORT')
    expect(errnoOf(() => libc.socket(Sock.AF_NETLINK, 1, Protocol.GENERIC))).toBe('ESOCKTNOSUPPORT')
    expect(errnoOf(() => libc.socket(4000, Sock.SOCK_RAW, 0))).toBe('EAFNOSUPPORT')
  })

  it('setns() to what is no namespace fails with EINVAL, also for who may not go anywhere', () => {
    const file = openSync('/dev/null', 'r')
    expect(errnoOf(() => load().setns(file, Sock.CLONE_NEWNET))).toBe('EINVAL')
    closeSync(file)
  })

  it('recv() on what is no socket fails with ENOTSOCK', () => {
    const file = openSync('/dev/null', 'r')
    expect(errnoOf(() => load().recv(file, new Uint8Array(8), 0))).toBe('ENOTSOCK')
    closeSync(file)
  })

  it('tells the errno of the failed call and not of an older one, a thousand times', () => {
    const libc = load()
    withSocket(libc, (fd) => {
      for (let round = 0; round < 1000; round += 1) {
        expect(errnoOf(() => libc.recv(fd, new Uint8Array(64), Sock.MSG_DONTWAIT))).toBe('EAGAIN')
        expect(errnoOf(() => libc.setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVBUF, int(65_536)))).toBe('none')
        expect(errnoOf(() => libc.close(-1))).toBe('EBADF')
        expect(libc.getsockname(fd, netlinkAddress())).toBe(Size.SOCKADDR_NL)
      }
    })
  })
}

/** Views into larger memory: only their own bytes are read and written. */
export function describeMemory(load: () => Libc): void {
  it('recv() writes into a view and not beside it', () => {
    const whole = familyAnswer(load())
    withSocket(load(), (fd) => {
      load().send(fd, getFamily(), 0)
      const { view, untouched } = middle(whole.length + 8)
      expect(load().recv(fd, view, 0)).toBe(whole.length)
      expect(view.subarray(16, whole.length)).toEqual(whole.subarray(16))
      expect([...view.subarray(whole.length)]).toEqual(new Array(8).fill(SENTINEL))
      expect(untouched()).toBe(true)
    })
  })

  it.each([0, 1, 20])('MSG_TRUNC tells the real length to a buffer of %i bytes', (size) => {
    const whole = familyAnswer(load())
    withSocket(load(), (fd) => {
      load().send(fd, getFamily(), 0)
      const { view, untouched } = middle(size)
      expect(load().recv(fd, view, Sock.MSG_PEEK | Sock.MSG_TRUNC)).toBe(whole.length)
      expect(load().recv(fd, view, Sock.MSG_PEEK)).toBe(size)
      expect(load().recv(fd, view, Sock.MSG_TRUNC)).toBe(whole.length)
      expect(view.subarray(0, 12)).toEqual(whole.subarray(0, Math.min(size, 12)))
      expect(untouched()).toBe(true)
    })
  })

  it('getsockname() fills a short view to its end and tells the real length', () => {
    withSocket(load(), (fd) => {
      const { view, untouched } = middle(2)
      expect(load().getsockname(fd, view)).toBe(Size.SOCKADDR_NL)
      expect([...view]).toEqual([...netlinkAddress().subarray(0, 2)])
      expect(untouched()).toBe(true)
    })
  })

  it('getsockopt() fills a view and not what is beside it, and tells how much', () => {
    withSocket(load(), (fd) => {
      load().setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVTIMEO, timeval(2500))
      const { view, untouched } = middle(24)
      expect(load().getsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVTIMEO, view)).toBe(16)
      expect(view.subarray(0, 16)).toEqual(timeval(2500))
      expect([...view.subarray(16)]).toEqual(new Array(8).fill(SENTINEL))
      const half = middle(2)
      expect(load().getsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVBUF, half.view)).toBe(2)
      expect(untouched() && half.untouched()).toBe(true)
    })
  })

  it('send() takes a view, a Buffer from the pool and a plain array alike', () => {
    const { view } = middle(getFamily().length)
    view.set(getFamily())
    for (const request of [view, Buffer.from(getFamily()), getFamily()]) {
      withSocket(load(), (fd) => {
        expect(load().send(fd, request, 0)).toBe(32)
        expect(load().recv(fd, new Uint8Array(4096), 0)).toBe(familyAnswer(load()).length)
      })
    }
  })
}

/** The layers above work over the binding. */
export function describeSockets(load: () => Libc): void {
  const options = () => ({ libc: load(), protocol: Protocol.GENERIC, timeoutMs: 200, strictDumps: false })

  it('NetlinkSocket has a port, carries datagrams and has a time limit', () => {
    const socket = NetlinkSocket.open(options())
    expect(socket.portId).toBeGreaterThan(0)
    socket.send(getFamily())
    expect(socket.receive().length).toBe(familyAnswer(load()).length)
    expect(() => socket.receive()).toThrow('recv failed with EAGAIN: the kernel gave no answer within 200 ms')
    socket.close()
    expect(() => socket.send(getFamily())).toThrow('EBADF')
  })

  it('Connection asks, dumps, and goes on after a refusal', () => {
    const connection = Connection.open(options())
    expect(lookupFamily(connection, 'nlctrl')).toMatchObject({ id: Genl.ID_CTRL, name: 'nlctrl' })
    expect(() => lookupFamily(connection, 'lvscare-none')).toThrow(NoFamilyError)
    const attributes = new Uint8Array()
    const payload = encodeGenl({ command: CtrlCommand.GETFAMILY, attributes }, 1)
    const families = connection.execute({ type: Genl.ID_CTRL, flags: Flag.DUMP, payload })
    expect(families.map((message) => decodeGenl(message.payload).command)).toContain(CtrlCommand.NEWFAMILY)
    expect(families.length).toBeGreaterThan(1)
    connection.close()
  })
}
