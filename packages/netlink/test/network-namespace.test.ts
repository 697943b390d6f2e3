import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultLibc, inNetworkNamespace, type Libc, NamespaceLostError, SyscallError } from '../src/index.ts'
import { fakeKernel, SKIP } from '../src/testing/index.ts'

const EPERM = 1
const CLONE_NEWNET = 0x4000_0000

/** Stands for the file of another namespace; no descriptor has this number. */
const OTHER = 4242

/** A libc that only notes where this thread goes, and fails at the visits that are named, from 0. */
function journey(...refused: readonly number[]): { readonly libc: Libc; readonly went: string[] } {
  const went: string[] = []
  const setns = (fd: number, kind: number): void => {
    expect(kind).toBe(CLONE_NEWNET)
    went.push(fd === OTHER ? 'other' : whose(fd))
    if (refused.includes(went.length - 1)) throw new SyscallError('setns', EPERM)
  }
  return { libc: { ...fakeKernel(() => SKIP), setns }, went }
}

/** `own` for an open file of the namespace that this thread is in. */
function whose(fd: number): string {
  const [file, own] = [fstatSync(fd), statSync('/proc/thread-self/ns/net')]
  return file.ino === own.ino && file.dev === own.dev ? 'own' : 'unknown'
}

/** Written so that nobody awaits it by mistake. */
function thenable(then: unknown): object {
  return Object.fromEntries([['then', then]])
}

/** What a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('inNetworkNamespace()', () => {
  it('tries the way back, goes there, works, and comes back', () => {
    const { libc, went } = journey()
    const work = () => {
      went.push('work')
      return 7
    }
    expect(inNetworkNamespace(OTHER, work, { libc })).toBe(7)
    expect(went).toEqual(['own', 'other', 'work', 'own'])
  })

  it('comes back when work throws, and throws the same', () => {
    const { libc, went } = journey()
    const failure = new Error('no')
    const work = () => {
      throw failure
    }
    expect(thrownBy(() => inNetworkNamespace(OTHER, work, { libc }))).toBe(failure)
    expect(went).toEqual(['own', 'other', 'own'])
  })

  it('comes back to where it was called, also from within another', () => {
    const { libc, went } = journey()
    const work = () => inNetworkNamespace(OTHER, () => went.push('work'), { libc })
    inNetworkNamespace(OTHER, work, { libc })
    expect(went).toEqual(['own', 'other', 'own', 'other', 'work', 'own', 'own'])
  })

  it.each([
    ['to a namespace from which there is no way back', 0, ['own']],
    ['where it may not go', 1, ['own', 'other']],
  ])('does not go %s', (_where, refused, visits) => {
    const { libc, went } = journey(refused)
    expect(thrownBy(() => inNetworkNamespace(OTHER, () => went.push('work'), { libc }))).toMatchObject({
      ...{ code: 'ERR_NETLINK_SYSCALL', syscall: 'setns', errno: 'EPERM' },
    })
    expect(went).toEqual(visits)
  })

  it('that cannot come back says that the process must end', () => {
    const { libc } = journey(2)
    const error = thrownBy(() => inNetworkNamespace(OTHER, () => 7, { libc }))
    expect(error).toBeInstanceOf(NamespaceLostError)
    expect(error).toMatchObject({
      ...{ name: 'NamespaceLostError', code: 'ERR_NETLINK_NAMESPACE_LOST' },
      message: expect.stringContaining('it must end'),
      cause: expect.objectContaining({ syscall: 'setns', errno: 'EPERM' }),
    })
  })

  it('that cannot come back says so also when work has thrown, and what that was', () => {
    const { libc } = journey(2)
    const failure = new Error('no')
    const work = () => {
      throw failure
    }
    const error = thrownBy(() => inNetworkNamespace(OTHER, work, { libc }))
    expect(error).toBeInstanceOf(NamespaceLostError)
    expect((error as { cause: AggregateError }).cause.errors).toEqual([expect.any(SyscallError), failure])
  })

  it.each([
    ['a promise', () => Promise.resolve(7)],
    ['what is like one', () => thenable(() => {})],
    ['an asynchronous function', async () => 7],
  ])('comes back from %s, and refuses it', (_what, work) => {
    const { libc, went } = journey()
    const call = () => inNetworkNamespace<unknown>(OTHER, work, { libc })
    expect(call).toThrow(TypeError)
    expect(went).toEqual(['own', 'other', 'own'])
  })

  it.each([undefined, null, 0, '', thenable(1)])('returns %j as it is', (value) => {
    expect(inNetworkNamespace(OTHER, () => value, journey())).toBe(value)
  })

  it('leaves no descriptor behind, however it ends', () => {
    for (const refused of [[], [0], [1], [2]]) {
      const fds: number[] = []
      const { libc } = journey(...refused)
      const setns = (fd: number, kind: number): void => {
        fds.push(fd)
        libc.setns(fd, kind)
      }
      const call = () => inNetworkNamespace(OTHER, () => 7, { libc: { ...libc, setns } })
      if (refused.length === 0) call()
      else expect(call).toThrow()
      const [own = -1] = fds
      expect(() => fstatSync(own)).toThrow('EBADF')
    }
  })

  it('into what is no namespace is EINVAL or EPERM, and leaves this thread where it was', () => {
    const before = statSync('/proc/thread-self/ns/net').ino
    const file = openSync('/dev/null', 'r')
    try {
      const error = thrownBy(() => inNetworkNamespace(file, () => 7, { libc: defaultLibc() }))
      expect(error).toBeInstanceOf(SyscallError)
      expect(['EINVAL', 'EPERM']).toContain((error as SyscallError).errno)
    } finally {
      closeSync(file)
    }
    expect(statSync('/proc/thread-self/ns/net').ino).toBe(before)
  })
})
