import { constants } from 'node:os'
import { Ipvs } from '@lvscare/ipvs'
import { type Libc, SyscallError } from '@lvscare/netlink'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeIpvs } from '../../ipvs/test/fake-ipvs.ts'
import { FailureLog } from '../src/failure-log.ts'
import { type Pass, parseEndpoint, runPass, ServersPiece, ServicePiece, serviceKey } from '../src/index.ts'
import { MemoryLog } from './memory-log.ts'
import { closing, NO_STOP, proberOf } from './probe/setting.ts'
import { selfSigned, tcp, tls } from './probe/tls-server.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const SERVERS = ['192.0.2.1:6443', '192.0.2.2:6443', '192.0.2.3:6443'].map((text) => parseEndpoint(text))
const STRANGER = { address: '192.0.2.99', port: 6443, weight: 1 } as const

type Errno = keyof typeof constants.errno

/** What the kernel may say for a while, and take back. */
const TRANSIENT: readonly Errno[] = ['EBUSY', 'ENOBUFS', 'EINTR', 'ENOMEM', 'EMFILE', 'EAGAIN']

/** A shortage: one call of the client's, counted from 1, fails. */
interface Shortage {
  readonly syscall: 'socket' | 'send' | 'recv'
  readonly errno: Errno
  readonly call: number
  /** How many calls in a row. */
  readonly times: number
}

/** A kernel in memory behind the real client; its calls fail as the test says. */
function kernel() {
  const fake = fakeIpvs()
  let shortage: Shortage | undefined
  const calls = { socket: 0, send: 0, recv: 0 }
  const fails = (syscall: Shortage['syscall']): void => {
    calls[syscall] += 1
    if (shortage?.syscall !== syscall) return
    const { call, times, errno } = shortage
    if (calls[syscall] >= call && calls[syscall] < call + times)
      throw new SyscallError(syscall, constants.errno[errno])
  }
  const libc: Libc = {
    ...fake.libc,
    socket: (...args) => {
      fails('socket')
      return fake.libc.socket(...args)
    },
    send: (...args) => {
      fails('send')
      return fake.libc.send(...args)
    },
    // The kernel has acted when the answer is lost.
    recv: (...args) => {
      const length = fake.libc.recv(...args)
      fails('recv')
      return length
    },
  }
  const ipvs = Ipvs.open({ libc })
  const begin = (next: Shortage | undefined): void => {
    shortage = next
    Object.assign(calls, { socket: 0, send: 0, recv: 0 })
  }
  return { fake, ipvs, begin }
}

/** The guard's own service and members over that kernel. */
function path(ipvs: Ipvs) {
  const weights = new Map(SERVERS.map(({ text }) => [text, 1]))
  const pieces = [
    new ServicePiece(ipvs, VIRTUAL, 'rr'),
    new ServersPiece(ipvs, VIRTUAL, () => ({ servers: SERVERS, weights })),
  ]
  const shown = (): unknown =>
    ipvs
      .destinations(serviceKey(VIRTUAL))
      ?.map(({ address, weight }) => `${address} ${weight}`)
      .sort()
  return { pass: (): Pass => runPass(pieces), shown }
}

const WHOLE = ['192.0.2.1 1', '192.0.2.2 1', '192.0.2.3 1']

/** The passes after a shortage: as many as it takes until there is nothing left to do. */
function settle(pass: () => Pass): Pass {
  for (let n = 0; n < 4; n += 1) {
    const one = pass()
    if (one.applied.length + one.failures.length === 0) return one
  }
  throw new Error('passes do not come to rest')
}

const anyShortage: fc.Arbitrary<Shortage> = fc.record({
  syscall: fc.constantFrom('socket', 'send', 'recv'),
  errno: fc.constantFrom(...TRANSIENT),
  call: fc.integer({ min: 1, max: 25 }),
  times: fc.integer({ min: 1, max: 30 }),
})

describe('a pass when the kernel is short of something', () => {
  it('never throws, and the passes after it set the whole rule, whatever fails wherever', () => {
    fc.assert(
      fc.property(fc.array(anyShortage, { minLength: 1, maxLength: 4 }), (shortages) => {
        const { ipvs, begin } = kernel()
        const { pass, shown } = path(ipvs)
        for (const shortage of shortages) {
          begin(shortage)
          pass()
        }
        begin(undefined)
        settle(pass)
        expect(shown()).toEqual(WHOLE)
        ipvs.close()
      }),
      { numRuns: 500 },
    )
  })

  it('never takes a member away that is there already, also of a rule with a stranger', () => {
    fc.assert(
      fc.property(anyShortage, (shortage) => {
        const { ipvs, begin } = kernel()
        const { pass, shown } = path(ipvs)
        settle(pass)
        ipvs.addDestination(serviceKey(VIRTUAL), STRANGER)
        begin(shortage)
        pass()
        begin(undefined)
        expect(shown()).toEqual(expect.arrayContaining(WHOLE))
        settle(pass)
        expect(shown()).toEqual(WHOLE)
        ipvs.close()
      }),
      { numRuns: 300 },
    )
  })

  it.each(TRANSIENT)(
    '%s as the answer: the failure is told with what was tried, once, and its end',
    (errno) => {
      const { fake, ipvs } = kernel()
      const { pass, shown } = path(ipvs)
      const log = new MemoryLog()
      const failures = new FailureLog(log)
      fake.refuse = errno
      for (let n = 0; n < 3; n += 1) failures.update(pass().failures, 0)
      const told = log.lines.filter(({ message }) => message === 'step failed')
      expect(told.map(({ fields }) => fields['piece'])).toEqual(['service', 'servers'])
      expect(told[0]?.fields).toMatchObject({ kind: 'observe', error: expect.stringContaining(errno) })
      delete fake.refuse
      log.take()
      failures.update(pass().failures, 0)
      expect(log.take()).toEqual(Array(2).fill('info step no longer fails'))
      expect(shown()).toEqual(WHOLE)
      ipvs.close()
    },
  )

  it('EINTR costs nothing: the call is made again', () => {
    const { ipvs, begin } = kernel()
    const { pass, shown } = path(ipvs)
    begin({ syscall: 'send', errno: 'EINTR', call: 2, times: 3 })
    expect(pass().failures).toEqual([])
    expect(shown()).toEqual(WHOLE)
    ipvs.close()
  })

  it('leaves no socket open behind it', () => {
    const { fake, ipvs, begin } = kernel()
    const { pass } = path(ipvs)
    for (let call = 1; call < 20; call += 1) {
      begin({ syscall: call % 2 === 0 ? 'send' : 'recv', errno: 'ENOMEM', call: (call % 5) + 1, times: 1 })
      pass()
      expect(fake.libc.openSockets()).toBeLessThanOrEqual(1)
    }
    ipvs.close()
    expect(fake.libc.openSockets()).toBe(0)
  })
})

const pair = selfSigned()

/** Pieces that answers are made of, and what no server should say. */
const anyGarbage: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      fc.constantFrom('HTTP/1.1 ', 'HTTP/9.9 ', '200', '-1', '99999999999', ' OK', '\r\n', '\r\n\r\n', '\0'),
      fc.constantFrom('content-length: ', '5', '-5', 'transfer-encoding: chunked', 'ffffffffffffffff\r\n'),
      fc.constantFrom('connection: upgrade\r\nupgrade: h2c\r\n', 'location: \0', 'x'.repeat(20_000)),
      fc.string(),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

describe('a probe target that answers garbage', () => {
  let garbage: Uint8Array = new Uint8Array()
  afterEach(() => {
    garbage = new Uint8Array()
  })

  it.each([
    ['over TLS', () => tls(pair, (socket) => void socket.on('error', () => {}).end(garbage))],
    ['in place of TLS', () => tcp((socket) => void socket.on('error', () => {}).end(garbage))],
    ['over plain HTTP', () => tcp((socket) => void socket.on('error', () => {}).end(garbage), 'http')],
  ])('%s is a verdict, never an exception', async (_where, start) => {
    const server = await closing(start())
    await fc.assert(
      fc.asyncProperty(anyGarbage, async (bytes) => {
        garbage = bytes
        const prober = proberOf(server.origin, { timeoutMs: 2000 })
        const { outcome } = await prober.probe(NO_STOP)
        expect(['healthy', 'sick', 'dead']).toContain(outcome)
        await prober.close()
      }),
      { numRuns: 150 },
    )
  })

  it('a flood behind a good status is cut off, in time, and costs no memory', async () => {
    const server = await closing(
      tls(pair, (socket) => {
        socket.on('error', () => {})
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        const flood = setInterval(() => {
          for (let n = 0; n < 100 && socket.write(Buffer.alloc(65536)); n += 1);
        }, 1)
        socket.on('close', () => clearInterval(flood))
      }),
    )
    const before = process.memoryUsage().rss
    const verdict = await proberOf(server.origin, { timeoutMs: 1500 }).probe(NO_STOP)
    expect(['healthy', 'dead']).toContain(verdict.outcome)
    expect(verdict.ms).toBeLessThan(3000)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })
})
