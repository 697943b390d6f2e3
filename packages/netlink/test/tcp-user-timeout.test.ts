import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLibc, getU32, SyscallError, setTcpUserTimeout } from '../src/index.ts'
import { fakeKernel, SKIP } from '../src/testing/index.ts'

let server: Server
let client: Socket
beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => socket.destroy()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
})
afterEach(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
})

/** The descriptor that Node keeps to itself. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof fd === 'number') return fd
  throw new Error('this Node has no descriptor for its sockets')
}

describe('setTcpUserTimeout()', () => {
  it.each([1500, 1, 2 ** 31 - 1, 0])('sets %i ms, which the kernel tells back', (ms) => {
    const fd = descriptorOf(client)
    setTcpUserTimeout(fd, ms)
    const value = new Uint8Array(4)
    expect(defaultLibc().getsockopt(fd, 6, 18, value)).toBe(4)
    expect(getU32(value, 0)).toBe(ms)
  })

  it('is one call with the milliseconds in host byte order', () => {
    const calls: unknown[][] = []
    const setsockopt = (...args: unknown[]) => void calls.push(args)
    setTcpUserTimeout(7, 0x01020304, { libc: { ...fakeKernel(() => SKIP), setsockopt } })
    expect(calls.map(([fd, level, option]) => [fd, level, option])).toEqual([[7, 6, 18]])
    expect(getU32(calls[0]?.[3] as Uint8Array, 0)).toBe(0x01020304)
  })

  it('throws SyscallError for what is no TCP socket', () => {
    const file = openSync('/dev/null', 'r')
    try {
      expect(() => setTcpUserTimeout(file, 1)).toThrow('setsockopt failed with ENOTSOCK')
      expect(() => setTcpUserTimeout(-1, 1)).toThrow(SyscallError)
    } finally {
      closeSync(file)
    }
  })

  it.each([-1, 0.5, 2 ** 31, Number.NaN])('refuses %d ms', (ms) => {
    expect(() => setTcpUserTimeout(descriptorOf(client), ms)).toThrow(RangeError)
  })
})
