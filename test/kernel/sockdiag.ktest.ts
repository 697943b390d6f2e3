import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  inNetworkNamespace,
  KernelError,
  SockDiag,
  type SocketEnd,
  SyscallError,
  setTcpUserTimeout,
  type TcpSocket,
} from '@lvscare/netlink'
import { exec } from '../lab/exec.ts'
import { waitFor } from '../lab/wait.ts'

// The program ss is the judge of what is listed; who owns a socket that was ended, of that.

const LIMIT_MS = 30_000
const NETNS = 'lvstest-1'

/** One end each of an IPv4, an IPv6, and an IPv4 connection of IPv6 sockets. */
const WAYS = [
  { what: 'IPv4', family: 'inet', host: '127.0.0.1', address: '127.0.0.1' },
  { what: 'IPv6', family: 'inet6', host: '::1', address: '::1' },
  { what: 'IPv4 in IPv6 sockets', family: 'inet6', host: '::ffff:127.0.0.1', address: '127.0.0.1' },
] as const

const closers: (() => void)[] = []
let diag: SockDiag

before(() => {
  exec('ip', 'link', 'set', 'lo', 'up')
  diag = SockDiag.open()
})
after(() => diag.close())
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that keeps its connections open, and says nothing. */
async function listen(host: string, port = 0): Promise<Server> {
  const server = createServer((socket) => {
    closers.push(() => socket.destroy())
    socket.on('error', () => socket.destroy())
  })
  closers.push(() => server.close())
  await once(server.listen(port, host), 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** A client in this process, connected and accepted. */
async function connected(server: Server, address: string, localAddress?: string): Promise<Socket> {
  const client = connect({
    host: address,
    port: portOf(server),
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  closers.push(() => client.destroy())
  await Promise.all([once(client, 'connect'), once(server, 'connection')])
  return client
}

/** A client that reads until it is told why it must not: it prints `ready`, then the error's code or `end`. */
const CLIENT = `
const { connect } = require('net')
const [host, port] = process.argv.slice(1)
const socket = connect(Number(port), host, () => console.log('ready'))
socket.on('error', ({ code }) => console.log(code)).on('end', () => console.log('end')).resume()
`

/** Runs {@link CLIENT} in another process, until it is connected; `words` is what it has printed. */
async function program(
  ...command: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly words: () => string[] }> {
  const [first = '', ...rest] = command
  const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  closers.push(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  const words = () => text.split('\n').filter((word) => word !== '')
  await waitFor('the program', LIMIT_MS, () => words()[0] === 'ready')
  return { child, words }
}

/** The socket that is connected to the port; fails unless there is exactly one. */
function clientOf(port: number, from = diag): TcpSocket {
  const found = from.tcpSockets({ remotePort: port, states: ['ESTABLISHED'] })
  const [socket] = found
  assert.ok(socket !== undefined && found.length === 1, `${found.length} clients of port ${port}`)
  return socket
}

/** The words of `ss` for states that it calls otherwise. */
const SS_STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  CLOSE: 'UNCONN',
}

function endText({ address, port }: SocketEnd, family: TcpSocket['family']): string {
  // ss prints the address that an IPv6 socket has, and a star where it may be any of both families.
  const text = family === 'inet6' && !address.includes(':') ? `::ffff:${address}` : address
  return `${text.includes(':') ? `[${text}]` : text}:${port === 0 ? '*' : port}`
}

function asSs({ family, state, local, remote, uid, inode, cookie }: TcpSocket): string {
  const word = (SS_STATES[state] ?? state).replace('_', '-')
  const ends = [local, remote].map((end) => endText(end, family)).join(' ')
  const owner = `${uid === 0 ? '' : ` uid:${uid}`}${inode === 0 ? '' : ` ino:${inode}`}`
  return `${word} ${ends}${owner} sk:${cookie.toString(16)}`.replaceAll('[::]', '*')
}

/** Every TCP socket as `ss` lists it, in the words of {@link asSs}. */
function ssLines(...command: readonly string[]): string[] {
  const [first = 'ss', ...rest] = [...command, 'ss', '-tanHe']
  return exec(first, ...rest)
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [state = '', , , local = '', remote = ''] = line.split(/\s+/)
      const [uid, ino, sk] = ['uid', 'ino', 'sk'].map((name) => new RegExp(` ${name}:\\S+`).exec(line)?.[0])
      const inode = ino === ' ino:0' ? '' : (ino ?? '')
      return `${state} ${local} ${remote}${uid ?? ''}${inode}${sk ?? ''}`.replaceAll('[::]', '*')
    })
    .sort()
}

describe('tcpSockets()', () => {
  it('tells what ss tells, of IPv4, IPv6 and IPv4 in IPv6 sockets', async () => {
    for (const { host } of WAYS) await connected(await listen('::'), host)
    const lists = await waitFor('a quiet moment', LIMIT_MS, () => {
      const [before, ours, after] = [ssLines(), diag.tcpSockets(), ssLines()]
      return before.join() === after.join() && { theirs: before, ours }
    })
    assert.deepEqual(lists.ours.map(asSs).sort(), lists.theirs)
    assert.ok(lists.ours.length >= 9)
  })

  for (const { what, family, host, address } of WAYS) {
    it(`finds the client of ${what} by its remote port`, async () => {
      const server = await listen('::')
      const { localPort = 0, remotePort = 0 } = await connected(server, host)
      const socket = clientOf(portOf(server))
      assert.deepEqual(
        [socket.family, socket.local, socket.remote, socket.uid],
        [family, { address, port: localPort }, { address, port: remotePort }, process.geteuid?.()],
      )
      assert.ok(socket.cookie > 0n)
    })
  }

  it('lets the kernel filter by both ports and by state', async () => {
    const server = await listen('127.0.0.1')
    const port = portOf(server)
    const { localPort = 0 } = await connected(server, '127.0.0.1')
    const states = (filter: object): string[] => diag.tcpSockets(filter).map(({ state }) => state)
    assert.deepEqual(states({ localPort: port }).sort(), ['ESTABLISHED', 'LISTEN'])
    assert.deepEqual(states({ localPort: port, states: ['LISTEN'] }), ['LISTEN'])
    assert.deepEqual(states({ localPort: port, remotePort: localPort }), ['ESTABLISHED'])
    assert.deepEqual(states({ localPort: port, remotePort: port }), [])
    assert.deepEqual(states({ localPort: port, states: [] }), [])
    assert.deepEqual(states({ localPort: port, states: ['SYN_SENT', 'CLOSE_WAIT'] }), [])
  })

  it('finds a client that waits for an answer to its first packet', async () => {
    exec('ip', 'link', 'add', 'lvstest0', 'type', 'dummy')
    closers.push(() => exec('ip', 'link', 'delete', 'lvstest0'))
    exec('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'lvstest0')
    exec('ip', 'link', 'set', 'lvstest0', 'up')
    // Nobody has that address, so it must be said who has: else it ends with EHOSTUNREACH.
    exec('ip', 'neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'lvstest0')
    const client = connect(6443, '192.0.2.9')
    closers.push(() => client.destroy())
    const error = once(client, 'error')
    const states = ['SYN_SENT'] as const
    const socket = await waitFor('SYN_SENT', LIMIT_MS, () => diag.tcpSockets({ remotePort: 6443, states })[0])
    assert.deepEqual(socket.remote, { address: '192.0.2.9', port: 6443 })
    assert.equal(diag.destroy(socket), true)
    assert.equal((await error)[0].code, 'ECONNABORTED')
  })

  it('lists five hundred, each once', async () => {
    const server = await listen('127.0.0.1')
    const clients = Array.from({ length: 500 }, () => connect(portOf(server), '127.0.0.1'))
    for (const client of clients) closers.push(() => client.destroy())
    await Promise.all(clients.map((client) => once(client, 'connect')))
    const found = diag.tcpSockets({ remotePort: portOf(server), states: ['ESTABLISHED'] })
    assert.equal(found.length, 500)
    assert.equal(new Set(found.map(({ cookie }) => cookie)).size, 500)
    assert.deepEqual(
      found.map(({ local }) => local.port).sort(),
      clients.map(({ localPort }) => localPort).sort(),
    )
  })
})

describe('destroy()', () => {
  for (const { what, host } of WAYS) {
    it(`ends a client of ${what}: it is told at once, the server too, and then it is gone`, async () => {
      const server = await listen('::')
      const accepted = once(server, 'connection')
      const client = await connected(server, host)
      const [[peer]] = (await Promise.all([accepted])) as [[Socket]]
      const errors = [client, peer].map((socket) => once(socket, 'error'))
      const socket = clientOf(portOf(server))
      assert.equal(diag.destroy(socket), true)
      assert.equal(diag.destroy(socket), false)
      const codes = (await Promise.all(errors)).map(([{ code }]) => code)
      assert.deepEqual(codes, ['ECONNABORTED', 'ECONNRESET'])
      const { local, remote } = socket
      assert.deepEqual(diag.tcpSockets({ localPort: local.port, remotePort: remote.port }), [])
    })
  }

  it('ends a client in another process', async () => {
    const server = await listen('127.0.0.1')
    const { words } = await program(process.execPath, '-e', CLIENT, '127.0.0.1', String(portOf(server)))
    const socket = clientOf(portOf(server))
    assert.equal(diag.destroy(socket), true)
    await waitFor('its error', LIMIT_MS, () => words().length > 1)
    assert.equal(words()[1], 'ECONNABORTED')
  })

  it('ends the one it was asked to end, and none beside it', async () => {
    const server = await listen('127.0.0.1')
    const [first, second] = [await connected(server, '127.0.0.1'), await connected(server, '127.0.0.1')]
    const found = diag.tcpSockets({ remotePort: portOf(server), states: ['ESTABLISHED'] })
    const socket = found.find(({ local }) => local.port === first.localPort)
    assert.ok(socket)
    const error = once(first, 'error')
    assert.equal(diag.destroy(socket), true)
    await error
    assert.equal(clientOf(portOf(server)).local.port, second.localPort)
    assert.equal(
      await new Promise((resolve) => second.write('x', (failure) => resolve(failure ?? 'ok'))),
      'ok',
    )
  })

  it('with another cookie hurts nobody', async () => {
    const server = await listen('127.0.0.1')
    await connected(server, '127.0.0.1')
    const socket = clientOf(portOf(server))
    for (const cookie of [0n, socket.cookie + 1n, socket.cookie + (1n << 32n), (socket.cookie << 32n) | 1n]) {
      assert.equal(diag.destroy({ ...socket, cookie }), false)
    }
    assert.deepEqual(clientOf(portOf(server)), socket)
  })

  it('of a client that is gone does not end a listener on its address and port', async () => {
    const server = await listen('127.0.0.1')
    const client = await connected(server, '127.0.0.1', '127.0.0.2')
    const { localPort = 0 } = client
    const socket = clientOf(portOf(server))
    const error = once(client, 'error')
    assert.equal(diag.destroy(socket), true)
    await error
    await listen('127.0.0.2', localPort)
    assert.equal(diag.destroy(socket), false)
    assert.deepEqual(
      diag.tcpSockets({ localPort }).map(({ state, local }) => [state, local]),
      [['LISTEN', { address: '127.0.0.2', port: localPort }]],
    )
    // The danger is real: with the listener's own cookie the same request ends it.
    const [listening] = diag.tcpSockets({ localPort })
    assert.ok(listening)
    assert.equal(diag.destroy({ ...socket, cookie: listening.cookie }), true)
    assert.deepEqual(diag.tcpSockets({ localPort }), [])
  })

  it('without CAP_NET_ADMIN is EPERM and ends nobody, though the list is free for all', async () => {
    const server = await listen('127.0.0.1')
    await connected(server, '127.0.0.1')
    const denied = SockDiag.open()
    process.seteuid?.(65_534)
    try {
      const socket = clientOf(portOf(server), denied)
      assert.throws(
        () => denied.destroy(socket),
        (error) => error instanceof KernelError && error.errno === 'EPERM',
      )
    } finally {
      process.seteuid?.(0)
    }
    assert.deepEqual(clientOf(portOf(server)), clientOf(portOf(server), denied))
    denied.close()
  })
})

/** Run as root of a user namespace, whose network namespace is another's: enters one of its own, by setns(2) itself. */
const NO_RETURN = `
const { openSync, readlinkSync } = require('fs')
const { spawn } = require('child_process')
const setns = require('koffi').load(null).func('int setns(int fd, int kind)')
const other = spawn('unshare', ['--net', 'sleep', '60'])
const file = (pid) => '/proc/' + pid + '/ns/net'
const end = Date.now() + ${LIMIT_MS}
while (readlinkSync(file(other.pid)) === readlinkSync(file('self'))) if (Date.now() > end) throw new Error('no unshare')
const visit = (name, fd) => name + ' ' + setns(fd, 0x40000000)
const fds = ['self', other.pid].map((pid) => openSync(file(pid), 'r'))
console.log([visit('own', fds[0]), visit('other', fds[1]), visit('own', fds[0])].join(', '))
other.kill('SIGKILL')
`

describe('inNetworkNamespace()', () => {
  const own = (): string => readlinkSync('/proc/thread-self/ns/net')
  let home: string
  let fd: number

  before(() => {
    exec('ip', 'netns', 'add', NETNS)
    exec('ip', '-n', NETNS, 'link', 'set', 'lo', 'up')
    home = own()
    fd = openSync(`/run/netns/${NETNS}`, 'r')
  })
  after(() => {
    closeSync(fd)
    exec('ip', 'netns', 'delete', NETNS)
  })
  afterEach(() => assert.equal(own(), home))

  /** A server and a client over there, in one process; prints `ready` when they are connected, and why they ended. */
  const PAIR = `
const { connect, createServer } = require('net')
const server = createServer((socket) => socket.on('error', () => {}))
server.listen(6443, '127.0.0.1', () => {
  const client = connect(6443, '127.0.0.1', () => console.log('ready'))
  client.on('error', ({ code }) => console.log(code)).resume()
})
`

  it('opens a SockDiag that stays over there: it lists and ends only those', async () => {
    const server = await listen('127.0.0.1', 6443)
    const here = await connected(server, '127.0.0.1')
    const { words } = await program('ip', 'netns', 'exec', NETNS, process.execPath, '-e', PAIR)
    const there = inNetworkNamespace(fd, () => {
      assert.notEqual(own(), home)
      return SockDiag.open()
    })
    closers.push(() => there.close())
    assert.equal(own(), home)
    assert.deepEqual(there.tcpSockets().map(asSs).sort(), ssLines('ip', 'netns', 'exec', NETNS))
    const socket = clientOf(6443, there)
    assert.notEqual(socket.local.port, here.localPort)
    assert.equal(diag.destroy(socket), false)
    assert.equal(there.destroy(clientOf(6443)), false)
    assert.equal(there.destroy(socket), true)
    await waitFor('its error', LIMIT_MS, () => words().length > 1)
    assert.equal(words()[1], 'ECONNABORTED')
    assert.equal(clientOf(6443).local.port, here.localPort)
  })

  it('lists and ends over there from within', async () => {
    const { words } = await program('ip', 'netns', 'exec', NETNS, process.execPath, '-e', PAIR)
    const ended = inNetworkNamespace(fd, () => {
      const inside = SockDiag.open()
      try {
        return inside.destroy(clientOf(6443, inside))
      } finally {
        inside.close()
      }
    })
    assert.equal(ended, true)
    await waitFor('its error', LIMIT_MS, () => words().length > 1)
    assert.equal(words()[1], 'ECONNABORTED')
  })

  it('comes back when the work throws, a hundred times, and leaves no descriptor', () => {
    const open = (): number => exec('ls', `/proc/${process.pid}/fd`).split('\n').length
    const before = open()
    for (let round = 0; round < 100; round += 1) {
      assert.throws(
        () =>
          inNetworkNamespace(fd, () => {
            throw new Error(own())
          }),
        (error) => error instanceof Error && error.message !== home && error.message.startsWith('net:['),
      )
      assert.equal(own(), home)
    }
    assert.equal(open(), before)
  })

  it('without CAP_SYS_ADMIN is EPERM, and nothing has moved', () => {
    process.seteuid?.(65_534)
    try {
      const fail = () => inNetworkNamespace(fd, () => assert.fail('it went there'))
      assert.throws(fail, (error) => error instanceof SyscallError && error.errno === 'EPERM')
    } finally {
      process.seteuid?.(0)
    }
  })

  it('tries the way back first, because from a user namespace the way out is one of no return', () => {
    const visits = exec('unshare', '--user', '--map-root-user', process.execPath, '-e', NO_RETURN)
    assert.equal(visits, 'own -1, other 0, own -1\n')
  })
})

describe('setTcpUserTimeout()', () => {
  it('ends a connection whose peer is silent, with ETIMEDOUT', async () => {
    exec('ip', 'link', 'add', 'lvstest0', 'type', 'dummy')
    closers.push(() => exec('ip', 'link', 'delete', 'lvstest0'))
    exec('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'lvstest0')
    exec('ip', 'link', 'set', 'lvstest0', 'up')
    exec('ip', 'neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'lvstest0')
    const client = connect(6443, '192.0.2.9')
    closers.push(() => client.destroy())
    const error = once(client, 'error')
    await waitFor('SYN_SENT', LIMIT_MS, () => diag.tcpSockets({ remotePort: 6443, states: ['SYN_SENT'] })[0])
    const handle: unknown = Reflect.get(client, '_handle')
    setTcpUserTimeout(Number(Reflect.get(handle as object, 'fd')), 1000)
    // Without it, by tcp_syn_retries, after two minutes.
    const [{ code }] = await error
    assert.equal(code, 'ETIMEDOUT')
  })
})
