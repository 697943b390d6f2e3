import { Sock } from '../constants.ts'
import { SyscallError } from '../errors.ts'
import type { Libc } from './libc.ts'

/** The C functions as a binding hands them over: -1 means failure, buffers are passed as pointers to their bytes. */
export interface CFunctions {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number
  setns(fd: number, kind: number): number
  close(fd: number): number
}

/** Turns raw C functions into a {@link Libc} that throws; `errno` must be read right after a failed call. */
export function libcFromFunctions(name: string, c: CFunctions, errno: () => number): Libc {
  const checked = (syscall: string, result: number): number => {
    // errno means something only now: a successful call leaves an old value in it.
    if (Number(result) === -1) throw new SyscallError(syscall, errno())
    return Number(result)
  }
  return {
    name,
    socket: (domain, type, protocol) => checked('socket', c.socket(domain, type, protocol)),
    bind: (fd, address) => void checked('bind', c.bind(fd, pointer(address), address.length)),
    connect: (fd, address) => void checked('connect', c.connect(fd, pointer(address), address.length)),
    getsockname: (fd, address) => {
      const length = new Uint32Array([address.length])
      checked('getsockname', c.getsockname(fd, pointer(address), pointer(new Uint8Array(length.buffer))))
      return length[0] ?? 0
    },
    getsockopt: (fd, level, option, value) => {
      const length = new Uint32Array([value.length])
      const size = pointer(new Uint8Array(length.buffer))
      checked('getsockopt', c.getsockopt(fd, level, option, pointer(value), size))
      return length[0] ?? 0
    },
    setsockopt: (fd, level, option, value) =>
      void checked('setsockopt', c.setsockopt(fd, level, option, pointer(value), value.length)),
    send: (fd, bytes, flags) => checked('send', c.send(fd, pointer(bytes), bytes.length, flags)),
    recv: (fd, buffer, flags) => checked('recv', c.recv(fd, pointer(buffer), buffer.length, flags)),
    recvNow: (fd, buffer, flags) => {
      const length = Number(c.recv(fd, pointer(buffer), buffer.length, flags | Sock.MSG_DONTWAIT))
      if (length !== -1) return length
      const failed = errno()
      if (failed === EAGAIN) return undefined
      throw new SyscallError('recv', failed)
    },
    setns: (fd, kind) => void checked('setns', c.setns(fd, kind)),
    close: (fd) => void checked('close', c.close(fd)),
  }
}

/** Linux has one number for EAGAIN and EWOULDBLOCK. */
const EAGAIN = 11

/** ffi-napi takes only Buffers as pointers; a Buffer over the same memory costs no copy. */
function pointer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
