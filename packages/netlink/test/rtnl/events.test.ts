import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { RouteEvents, SyscallError } from '../../src/index.ts'
import type { Libc } from '../../src/libc/libc.ts'
import { fakeKernel, SKIP, toHex } from '../../src/testing/index.ts'

/** What one look at the queue comes upon: a datagram of that length, nothing, or a failure. */
type Found = number | 'nothing' | keyof typeof constants.errno

/** A kernel whose queue is that; nothing more when it is used up. `looks` counts the system calls. */
function kernelWith(queue: readonly Found[]): Libc & {
  readonly looks: () => number
  readonly openSockets: () => number
  readonly said: readonly string[]
} {
  const left = [...queue]
  const said: string[] = []
  let looks = 0
  const kernel = fakeKernel(() => SKIP)
  return {
    ...kernel,
    looks: () => looks,
    said,
    bind: (_fd, address) => void said.push(`bind ${toHex(address)}`),
    setsockopt: (_fd, level, option, value) =>
      void said.push(`setsockopt ${level} ${option} ${toHex(value)}`),
    recvNow: () => {
      looks += 1
      const found = left.shift() ?? 'nothing'
      if (found === 'nothing') return undefined
      if (typeof found === 'number') return found
      throw new SyscallError('recv', constants.errno[found])
    },
  }
}

/** What the first so many calls of changed() say, the very first apart. */
function answers(queue: readonly Found[], calls: number): boolean[] {
  // The first call says true anyway, and is done with the first `nothing`.
  const events = RouteEvents.open({ libc: kernelWith(['nothing', ...queue]) })
  expect(events.changed()).toBe(true)
  return Array.from({ length: calls }, () => events.changed())
}

describe('RouteEvents.open', () => {
  it('listens to links, addresses, routes, rules, settings and next hops, with a small queue', () => {
    const kernel = kernelWith([])
    RouteEvents.open({ libc: kernel })
    // Groups 1 5 7 8 9 11 19 24 25 32.
    expect(kernel.said).toContain('bind 10000000 00000000 d1058481')
    expect(kernel.said).toContain('setsockopt 1 8 00400000')
  })

  it.each(['socket', 'bind', 'connect'] as const)(
    'throws what %s() says, and leaves no descriptor behind',
    (call) => {
      const kernel = fakeKernel(() => SKIP)
      const refuse = (): never => {
        throw new SyscallError(call, constants.errno.EPERM)
      }
      expect(() => RouteEvents.open({ libc: { ...kernel, [call]: refuse } })).toThrow(
        `${call} failed with EPERM`,
      )
      expect(kernel.openSockets()).toBe(0)
    },
  )
})

describe('RouteEvents.changed', () => {
  it('is true the first time, and false from then on for one system call each', () => {
    const kernel = kernelWith([])
    const events = RouteEvents.open({ libc: kernel })
    expect(events.changed()).toBe(true)
    for (let call = 0; call < 100; call += 1) expect(events.changed()).toBe(false)
    expect(kernel.looks()).toBe(101)
  })

  it.each([
    ['an announcement', [40]],
    ['several', [40, 60, 2000]],
    ['one that is empty', [0]],
    ['an overrun, after which some were dropped', ['ENOBUFS']],
    ['an overrun before what is still queued', ['ENOBUFS', 40, 40]],
    ['an announcement behind a signal', ['EINTR', 'EINTR', 40]],
  ] as const)('is true once after %s', (_what, queue) => {
    expect(answers(queue, 3)).toEqual([true, false, false])
  })

  it('is not misled by a signal', () => {
    expect(answers(['EINTR', 'EINTR'], 2)).toEqual([false, false])
  })

  it.each([
    [64, [true, false, false]],
    [65, [true, true, false]],
    [200, [true, true, true, true, false]],
  ])('takes 64 of %i announcements at once, and says true until all are gone', (queued, said) => {
    expect(answers(new Array(queued).fill(40), said.length)).toEqual(said)
  })

  it.each(['EBADF', 'ENOMEM', 'EPERM', 'ENOTSOCK'] as const)('throws %s', (errno) => {
    expect(() => answers([errno], 1)).toThrow(expect.objectContaining({ syscall: 'recv', errno }))
    expect(() => answers([40, errno], 1)).toThrow(`recv failed with ${errno}`)
  })

  it('gives its descriptor back, and throws when it is asked afterwards', () => {
    const kernel = kernelWith([])
    const events = RouteEvents.open({ libc: kernel })
    events.close()
    events.close()
    expect(kernel.openSockets()).toBe(0)
    expect(() => events.changed()).toThrow('EBADF')
  })
})
