import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  BindingError,
  DecodeError,
  errnoName,
  isNetlinkError,
  KernelError,
  NetlinkError,
  NoFamilyError,
  NoSubsystemError,
  SyscallError,
} from '../src/index.ts'

describe('errnoName', () => {
  it.each([
    ['EPERM', 1],
    ['ENOENT', 2],
    ['ESRCH', 3],
    ['EAGAIN', constants.errno.EAGAIN],
    // libuv calls it ENOTSUP, the kernel's sources do not.
    ['EOPNOTSUPP', constants.errno.EOPNOTSUPP],
    // Known to os.constants only, and to libuv only.
    ['ESTALE', 116],
    ['ESOCKTNOSUPPORT', 94],
    // Known to the kernel alone.
    ['ERESTART', 85],
    ['errno 4242', 4242],
    ['errno 512', 512],
  ])('is %s', (name, errno) => {
    expect(errnoName(errno)).toBe(name)
  })
})

describe('errors', () => {
  const refused = new KernelError(constants.errno.ENOENT, { message: 'No such thing', offset: 36 })
  const all: ReadonlyArray<readonly [NetlinkError, string, string, string]> = [
    [new BindingError('it does not load'), 'BindingError', 'ERR_NETLINK_BINDING', 'it does not load'],
    [
      new DecodeError('service.4', 'exactly 2 bytes', '3 bytes'),
      'DecodeError',
      'ERR_NETLINK_DECODE',
      'service.4: expected exactly 2 bytes, received 3 bytes',
    ],
    [
      refused,
      'KernelError',
      'ERR_NETLINK_KERNEL',
      'the kernel refused the request with ENOENT: No such thing (at byte 36 of the request)',
    ],
    [new KernelError(1), 'KernelError', 'ERR_NETLINK_KERNEL', 'the kernel refused the request with EPERM'],
    [
      new KernelError(16, { message: 'in use' }, 'DELTABLE guard'),
      'KernelError',
      'ERR_NETLINK_KERNEL',
      'the kernel refused DELTABLE guard with EBUSY: in use',
    ],
    [new SyscallError('bind', 98), 'SyscallError', 'ERR_NETLINK_SYSCALL', 'bind failed with EADDRINUSE'],
    [
      new SyscallError('recv', 9, 'closed'),
      'SyscallError',
      'ERR_NETLINK_SYSCALL',
      'recv failed with EBADF: closed',
    ],
  ]

  it.each(all)('%s', (error, name, code, message) => {
    expect([error.name, error.code, error.message]).toEqual([name, code, message])
    expect(error).toBeInstanceOf(NetlinkError)
    expect(isNetlinkError(error)).toBe(true)
  })

  it('NoFamilyError names the family and keeps its cause', () => {
    const error = new NoFamilyError('IPVS', refused)
    expect(error.message).toContain('no generic netlink family "IPVS"')
    expect([error.code, error.family, error.cause]).toEqual(['ERR_NETLINK_NO_FAMILY', 'IPVS', refused])
  })

  it('NoSubsystemError names the subsystem and keeps its cause', () => {
    const error = new NoSubsystemError('nf_tables', refused)
    expect(error.message).toContain('this kernel has no nf_tables')
    expect([error.code, error.subsystem, error.cause]).toEqual([
      'ERR_NETLINK_NO_SUBSYSTEM',
      'nf_tables',
      refused,
    ])
  })

  it('isNetlinkError knows an error of another copy by its code, and nothing else', () => {
    expect(isNetlinkError(Object.assign(new Error('x'), { code: 'ERR_NETLINK_DECODE' }))).toBe(true)
    expect(isNetlinkError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false)
    expect(isNetlinkError({ code: 'ERR_NETLINK_DECODE' })).toBe(false)
    expect(isNetlinkError(undefined)).toBe(false)
  })
})
