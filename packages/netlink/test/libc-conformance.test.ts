import { closeSync, existsSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LITTLE, viewOf } from '../src/bytes.ts'
import { Protocol, Size, Sock, SockOpt } from '../src/constants.ts'
import { BINDING_NAMES, loadLibc } from '../src/libc/load.ts'
import { readMessages } from '../src/message.ts'
import { useInstalledFfiNapi, whyUnusable } from './support/bindings.ts'
import { describeErrors, describeMemory, describeSockets } from './support/conformance.ts'
import { errnoOf, familyAnswer, getFamily, int, netlinkAddress, timeval, withSocket } from './support/raw.ts'

// Unprivileged: everything here asks nlctrl, which answers anybody.
useInstalledFfiNapi()

/** koffi is the default and has to work; only what is opt-in may be missing. */
const reasons = new Map(BINDING_NAMES.map((name) => [name, name === 'koffi' ? undefined : whyUnusable(name)]))

for (const [name, reason] of reasons) {
  if (reason !== undefined) console.warn(`libc conformance of ${name} SKIPPED: ${reason}`)
  const title = reason === undefined ? `libc by ${name}` : `libc by ${name} (skipped: ${reason})`
  describe.skipIf(reason !== undefined)(title, () => {
    describeCalls(name)
    describeErrors(() => loadLibc(name))
    describeMemory(() => loadLibc(name))
    describeSockets(() => loadLibc(name))
  })
}

const both = [...reasons.values()].every((reason) => reason === undefined)
describe.skipIf(!both)('all bindings of libc together', () => {
  it('bring the same bytes for the same request', () => {
    const answers = BINDING_NAMES.map((name) => Buffer.from(familyAnswer(loadLibc(name))).toString('hex'))
    expect(new Set(answers).size).toBe(1)
  })

  it('each read their own errno when their calls alternate', () => {
    for (const name of [...BINDING_NAMES, ...BINDING_NAMES]) {
      expect(() => loadLibc(name).close(-1)).toThrow('close failed with EBADF')
      expect(() => loadLibc(name).socket(Sock.AF_NETLINK, 1, 0)).toThrow('socket failed with ESOCKTNOSUPPORT')
    }
  })
})

function describeCalls(name: string): void {
  const libc = () => loadLibc(name)

  it('says its name', () => {
    expect(libc().name).toBe(name)
  })

  it('socket() opens a descriptor with its flags and close() gives it back', () => {
    const fd = libc().socket(Sock.AF_NETLINK, Sock.SOCK_RAW | Sock.SOCK_CLOEXEC, Protocol.GENERIC)
    const O_CLOEXEC = 0o2000000
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    expect(Number.parseInt(flags ?? '0', 8) & O_CLOEXEC).toBe(O_CLOEXEC)
    libc().close(fd)
    expect(existsSync(`/proc/self/fdinfo/${fd}`)).toBe(false)
  })

  it('bind() and getsockname() tell the port that the kernel chose', () => {
    withSocket(libc(), (fd) => {
      const address = new Uint8Array(Size.SOCKADDR_NL)
      expect(libc().getsockname(fd, address)).toBe(Size.SOCKADDR_NL)
      expect(viewOf(address).getUint16(0, LITTLE)).toBe(Sock.AF_NETLINK)
      expect(viewOf(address).getUint32(4, LITTLE)).toBeGreaterThan(0)
    })
  })

  it('connect() takes a peer, and 0 is the kernel', () => {
    withSocket(libc(), (fd) => {
      expect(() => libc().connect(fd, netlinkAddress(0))).not.toThrow()
      expect(libc().send(fd, getFamily(), 0)).toBe(getFamily().length)
    })
  })

  it('setsockopt() sets: with SO_RCVTIMEO recv() gives up after that time', () => {
    withSocket(libc(), (fd) => {
      libc().setsockopt(fd, Sock.SOL_SOCKET, Sock.SO_RCVTIMEO, timeval(150))
      const start = performance.now()
      expect(() => libc().recv(fd, new Uint8Array(64), 0)).toThrow('EAGAIN')
      const waited = performance.now() - start
      expect(waited).toBeGreaterThan(140)
      expect(waited).toBeLessThan(3000)
    })
  })

  it('getsockopt() tells what setsockopt() has set, 4 bytes of it', () => {
    withSocket(libc(), (fd) => {
      for (const on of [1, 0]) {
        libc().setsockopt(fd, Sock.SOL_NETLINK, SockOpt.CAP_ACK, int(on))
        const value = new Uint8Array(4)
        expect(libc().getsockopt(fd, Sock.SOL_NETLINK, SockOpt.CAP_ACK, value)).toBe(4)
        expect(value).toEqual(int(on))
      }
    })
  })

  it('setsockopt() takes an option of SOL_NETLINK', () => {
    withSocket(libc(), (fd) => {
      expect(() => libc().setsockopt(fd, Sock.SOL_NETLINK, SockOpt.EXT_ACK, int(1))).not.toThrow()
    })
  })

  it('setns() takes the namespace that this thread is in, if it may, and no other kind of it', () => {
    const own = openSync('/proc/thread-self/ns/net', 'r')
    const before = readlinkSync('/proc/thread-self/ns/net')
    expect(['none', 'EPERM']).toContain(errnoOf(() => libc().setns(own, Sock.CLONE_NEWNET)))
    const CLONE_NEWUTS = 0x0400_0000
    expect(errnoOf(() => libc().setns(own, CLONE_NEWUTS))).toBe('EINVAL')
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before)
    closeSync(own)
  })

  it('send() and recv() carry a request and its answer', () => {
    withSocket(libc(), (fd) => {
      expect(libc().send(fd, getFamily(4711), 0)).toBe(32)
      const buffer = new Uint8Array(4096)
      const [message] = [...readMessages(buffer.subarray(0, libc().recv(fd, buffer, 0)))]
      const address = new Uint8Array(Size.SOCKADDR_NL)
      libc().getsockname(fd, address)
      expect(message).toMatchObject({ sequence: 4711, portId: viewOf(address).getUint32(4, LITTLE) })
      expect(Buffer.from(message?.payload ?? []).toString('latin1')).toContain('nlctrl\0')
    })
  })

  it('recv() with MSG_PEEK leaves the datagram', () => {
    withSocket(libc(), (fd) => {
      libc().send(fd, getFamily(), 0)
      const [first, second] = [new Uint8Array(4096), new Uint8Array(4096)]
      const length = libc().recv(fd, first, Sock.MSG_PEEK)
      expect(libc().recv(fd, second, Sock.MSG_DONTWAIT)).toBe(length)
      expect(second).toEqual(first)
      expect(() => libc().recv(fd, first, Sock.MSG_DONTWAIT)).toThrow('EAGAIN')
    })
  })
}
