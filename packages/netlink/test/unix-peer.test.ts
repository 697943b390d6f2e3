import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultLibc, type Libc, Sock, SyscallError, unixPeer } from '../src/index.ts'

const NAME = `lvscare-netlink-test/${process.pid}`

let server: Server | undefined
let child: ChildProcess | undefined
afterEach(async () => {
  await stopListening()
  if (child?.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  child = undefined
})

async function listen(name: string, backlog?: number): Promise<Server> {
  server = createServer((socket) => socket.on('error', () => socket.destroy()).end('hello\n'))
  server.listen({ path: `\0${name}`, backlog })
  await once(server, 'listening')
  return server
}

/** Listens on an address as it is, which net alone does one way or the other: it depends on the version of Node. */
async function listenAt(address: Uint8Array): Promise<void> {
  const libc = defaultLibc()
  const fd = libc.socket(Sock.AF_UNIX, Sock.SOCK_STREAM | Sock.SOCK_CLOEXEC, 0)
  libc.bind(fd, address)
  server = createServer().listen({ fd })
  await once(server, 'listening')
}

async function stopListening(): Promise<void> {
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  server = undefined
}

/** The real libc, on which descriptors that were opened and not closed are counted. */
function counting(): { readonly libc: Libc; readonly open: () => number } {
  const real = defaultLibc()
  let open = 0
  const libc: Libc = {
    ...real,
    socket: (...args) => {
      open += 1
      return real.socket(...args)
    },
    close: (fd) => {
      open -= 1
      real.close(fd)
    },
  }
  return { libc, open: () => open }
}

/** A libc on which everything works but the one call that is replaced. */
function failing(replaced: Partial<Libc>): { readonly libc: Libc; readonly closed: number[] } {
  const closed: number[] = []
  const works: Libc = {
    ...{ name: 'fake', socket: () => 7, bind: () => {}, connect: () => {}, getsockname: () => 0 },
    ...{
      setsockopt: () => {},
      getsockopt: () => 12,
      send: () => 0,
      recv: () => 0,
      recvNow: () => 0,
      setns: () => {},
    },
    close: (fd) => void closed.push(fd),
  }
  return { libc: { ...works, ...replaced }, closed }
}

describe('unixPeer() of a listener', () => {
  it('in this process is this process, and the listener sees one connection that ends', async () => {
    const connection = once(await listen(NAME), 'connection')
    const { libc, open } = counting()
    expect(unixPeer(NAME, { libc })).toEqual({ uid: process.geteuid?.(), pid: process.pid })
    expect(open()).toBe(0)
    const [socket] = await connection
    await once(socket, 'close')
  })

  it('in another process is that process', async () => {
    const program = `require('net').createServer().listen('\\0' + process.argv[1], () => console.log('listening'))`
    child = spawn(process.execPath, ['-e', program, NAME], { stdio: ['ignore', 'pipe', 'inherit'] })
    if (child.stdout !== null) await once(child.stdout, 'data')
    expect(unixPeer(NAME)).toEqual({ uid: process.geteuid?.(), pid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(unixPeer(NAME)).toBeUndefined()
  })

  it('with the longest name there is, and one that is no ASCII', async () => {
    for (const name of [NAME.padEnd(107, 'x'), `${NAME}/ü`]) {
      await listen(name)
      expect(unixPeer(name)?.pid).toBe(process.pid)
      await stopListening()
    }
  })

  it('with a longer or a shorter name is another one', async () => {
    await listen(NAME)
    for (const name of [`${NAME}x`, NAME.slice(0, -1)]) expect(unixPeer(name)).toBeUndefined()
  })

  it('at an address as long as the name, and at one filled up with NULs', async () => {
    for (const { address } of attempts(NAME)) {
      await listenAt(address)
      expect(unixPeer(NAME)?.pid).toBe(process.pid)
      expect(unixPeer(`${NAME}x`)).toBeUndefined()
      await stopListening()
    }
  })

  it('that takes no connections is EAGAIN at once', async () => {
    await listen(NAME, 1)
    // Nothing is accepted as long as this function does not wait.
    const fill = () => {
      for (let count = 0; count < 10; count += 1) unixPeer(NAME)
    }
    expect(fill).toThrow(expect.objectContaining({ syscall: 'connect', errno: 'EAGAIN' }))
  })
})

describe('unixPeer()', () => {
  it('is undefined where nobody listens, and leaves no descriptor', () => {
    const { libc, open } = counting()
    expect(unixPeer(NAME, { libc })).toBeUndefined()
    expect(open()).toBe(0)
  })

  it('says that the backlog is full, and closes', () => {
    const refuse = () => {
      throw new SyscallError('connect', 11)
    }
    const { libc, closed } = failing({ connect: refuse })
    expect(() => unixPeer('a', { libc })).toThrow(
      expect.objectContaining({
        ...{ name: 'SyscallError', errno: 'EAGAIN', syscall: 'connect' },
        message: 'connect failed with EAGAIN: the listener of "a" takes no more connections',
      }),
    )
    expect(closed).toEqual([7])
  })

  it.each(['connect', 'getsockopt'] as const)('passes on what %s fails with, and closes', (syscall) => {
    const { libc, closed } = failing({
      [syscall]: () => {
        throw new SyscallError(syscall, 13)
      },
    })
    expect(() => unixPeer('a', { libc })).toThrow(`${syscall} failed with EACCES`)
    expect(closed).toEqual([7])
  })

  it('refuses credentials of another size', () => {
    const { libc } = failing({ getsockopt: () => 8 })
    expect(() => unixPeer('a', { libc })).toThrow('SO_PEERCRED: expected 12 bytes, received 8 bytes')
  })

  it.each(['', 'x'.repeat(108), 'ü'.repeat(54)])('refuses the name %j', (name) => {
    expect(() => unixPeer(name)).toThrow(RangeError)
  })

  it('opens sockets that never wait and no child inherits, at both forms of the address', () => {
    const seen = attempts('ab')
    expect(seen.map(({ type }) => type)).toEqual([0x80801, 0x80801])
    expect(seen.map(({ address }) => [...address])).toEqual([
      [1, 0, 0, 0x61, 0x62],
      [1, 0, 0, 0x61, 0x62, ...new Array(105).fill(0)],
    ])
  })
})

/** With which types of socket and to which addresses it connects when nobody listens. */
function attempts(name: string): { readonly type: number; readonly address: Uint8Array }[] {
  const types: number[] = []
  const addresses: Uint8Array[] = []
  const { libc } = failing({
    socket: (_domain, type) => types.push(type),
    connect: (_fd, address) => {
      addresses.push(Uint8Array.from(address))
      throw new SyscallError('connect', 111)
    },
  })
  expect(unixPeer(name, { libc })).toBeUndefined()
  return addresses.map((address, index) => ({ type: types[index] ?? 0, address }))
}
