import { BindingError, DecodeError, SyscallError } from '@lvscare/netlink'
import { fakeKernel, reply } from '@lvscare/netlink/testing'
import { describe, expect, it } from 'vitest'
import { toIpvsError } from '../src/errors.ts'
import { Ipvs, type IpvsError, type IpvsErrorCode, isIpvsError } from '../src/index.ts'
import { fakeIpvs } from './fake-ipvs.ts'
import { familyReply } from './family.ts'

const tcp = { protocol: 'tcp', address: '10.103.97.2', port: 6443 } as const
const six = { ...tcp, address: '2001:db8::1' } as const
const server = { address: '10.0.0.11', port: 6443 }
const rr = { ...tcp, scheduler: 'rr' }

/** A client whose table holds `tcp` with `server`. */
function filled(refuse?: Parameters<typeof reply.errno>[0]) {
  const kernel = fakeIpvs()
  const ipvs = Ipvs.open({ libc: kernel.libc })
  ipvs.addService(rr)
  ipvs.addDestination(tcp, server)
  kernel.seen.length = 0
  if (refuse !== undefined) kernel.refuse = refuse
  return { kernel, ipvs }
}

function errorOf(work: () => unknown): IpvsError {
  try {
    work()
  } catch (error) {
    if (isIpvsError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('what the kernel refuses', () => {
  it.each<[IpvsErrorCode, string, (ipvs: Ipvs) => unknown]>([
    [
      'ERR_IPVS_EXISTS',
      'cannot add service TCP 10.103.97.2:6443 with scheduler rr: ',
      (i) => i.addService(rr),
    ],
    [
      'ERR_IPVS_EXISTS',
      'cannot add destination 10.0.0.11:6443 of TCP 10.103.97.2:6443: ',
      (i) => i.addDestination(tcp, server),
    ],
    [
      'ERR_IPVS_NO_SCHEDULER',
      'cannot add service UDP 10.103.97.2:6443 with scheduler mh: ',
      (i) => i.addService({ ...tcp, protocol: 'udp', scheduler: 'mh' }),
    ],
    [
      'ERR_IPVS_NO_SCHEDULER',
      'cannot set service TCP 10.103.97.2:6443 with scheduler rr and engine sip: ',
      (i) => i.setService({ ...rr, peName: 'sip' }),
    ],
    [
      'ERR_IPVS_NO_SERVICE',
      'cannot set service TCP [2001:db8::1]:6443 with scheduler rr: ',
      (i) => i.setService({ ...rr, ...six }),
    ],
    ['ERR_IPVS_NO_SERVICE', 'cannot delete service TCP [2001:db8::1]:6443: ', (i) => i.deleteService(six)],
    [
      'ERR_IPVS_NO_SERVICE',
      'cannot zero counters of FWM 7 inet: ',
      (i) => i.zero({ fwmark: 7, family: 'inet' }),
    ],
    [
      'ERR_IPVS_NO_SERVICE',
      'cannot delete destination 10.0.0.11:6443 of TCP [2001:db8::1]:6443: ',
      (i) => i.deleteDestination(six, server),
    ],
    [
      'ERR_IPVS_NO_DESTINATION',
      'cannot set destination 10.0.0.11:1 of TCP 10.103.97.2:6443: ',
      (i) => i.setDestination(tcp, { ...server, port: 1 }),
    ],
    [
      'ERR_IPVS_NO_DESTINATION',
      'cannot delete destination 10.0.0.11:1 of TCP 10.103.97.2:6443: ',
      (i) => i.deleteDestination(tcp, { ...server, port: 1 }),
    ],
    [
      'ERR_IPVS_INVALID',
      'cannot add destination 224.0.0.1:1 of TCP 10.103.97.2:6443: the kernel refused the request with EINVAL',
      (i) => i.addDestination(tcp, { address: '224.0.0.1', port: 1 }),
    ],
  ])('%s: %s', (code, message, call) => {
    const { ipvs } = filled()
    const error = errorOf(() => call(ipvs))
    expect(error.code).toBe(code)
    expect(error.message.startsWith(message)).toBe(true)
    expect(error.cause).toMatchObject({ code: 'ERR_NETLINK_KERNEL' })
  })

  it.each([
    ['EPERM', 'ERR_IPVS_NO_PRIVILEGE'],
    ['EINVAL', 'ERR_IPVS_INVALID'],
    ['ERANGE', 'ERR_IPVS_INVALID'],
    ['EAFNOSUPPORT', 'ERR_IPVS_INVALID'],
    ['ENOPROTOOPT', 'ERR_IPVS_UNAVAILABLE'],
    ['ENOMEM', 'ERR_IPVS_KERNEL'],
    ['EOPNOTSUPP', 'ERR_IPVS_KERNEL'],
    ['ENOENT', 'ERR_IPVS_KERNEL'],
  ] as const)('%s is %s for any request, with its operation and cause', (errno, code) => {
    const { ipvs } = filled(errno)
    const calls: Record<string, () => unknown> = {
      'read info': () => ipvs.info(),
      'read services': () => ipvs.services(),
      'read service': () => ipvs.service(tcp),
      'delete service': () => ipvs.deleteService(tcp),
      'read destinations': () => ipvs.destinations(tcp),
      'read timeouts': () => ipvs.timeouts(),
      'set timeouts': () => ipvs.setTimeouts({ tcp: 1 }),
      'zero counters of': () => ipvs.zero(),
    }
    for (const [operation, call] of Object.entries(calls)) {
      expect(errorOf(call)).toMatchObject({ code, operation, cause: { errno } })
    }
  })

  it('says what to do without the privilege', () => {
    const { ipvs } = filled('EPERM')
    expect(errorOf(() => ipvs.services()).message).toBe(
      'cannot read services: not permitted; run as root in the initial user namespace, ' +
        'or give the container CAP_NET_ADMIN',
    )
  })
})

describe('what is not even sent', () => {
  it.each<[string, (ipvs: Ipvs) => unknown]>([
    ['port must be an integer from 0 to 65535, not 70000', (i) => i.addService({ ...rr, port: 70000 })],
    ['fwmark must be an integer from 1', (i) => i.deleteService({ fwmark: 0, family: 'inet' })],
    ['fwmark must be an integer from 1', (i) => i.destinations({ fwmark: 0, family: 'inet' })],
    ['"vip" is not an IP address', (i) => i.service({ ...tcp, address: 'vip' })],
    ['"vip" is not an IP address', (i) => i.destination(tcp, { ...server, address: 'vip' })],
    [
      'weight must be an integer from 0 to 65535, not -1',
      (i) => i.addDestination(tcp, { ...server, weight: -1 }),
    ],
    ['forward must be tunnel', (i) => i.setDestination(six, server)],
    ['timeout tcp must be an integer', (i) => i.setTimeouts({ tcp: 0 })],
  ])('%s', (message, call) => {
    const { ipvs, kernel } = filled()
    const error = errorOf(() => call(ipvs))
    expect(error.code).toBe('ERR_IPVS_INVALID')
    expect(error.message).toContain(message)
    expect(kernel.seen).toEqual([])
  })
})

describe('opening', () => {
  it('a kernel without IPVS is ERR_IPVS_UNAVAILABLE, and no socket is left', () => {
    const libc = fakeKernel(() => reply.errno('ENOENT'))
    expect(errorOf(() => Ipvs.open({ libc }))).toMatchObject({
      code: 'ERR_IPVS_UNAVAILABLE',
      operation: 'open IPVS',
      message: expect.stringContaining('load the module ip_vs on the host'),
    })
    expect(libc.openSockets()).toBe(0)
  })

  it('without the privilege is ERR_IPVS_NO_PRIVILEGE', () => {
    const libc = fakeKernel(() => reply.errno('EPERM'))
    expect(errorOf(() => Ipvs.open({ libc })).code).toBe('ERR_IPVS_NO_PRIVILEGE')
  })

  it.each([
    [1, 'ERR_IPVS_NO_PRIVILEGE'],
    [93, 'ERR_IPVS_UNAVAILABLE'],
    [97, 'ERR_IPVS_UNAVAILABLE'],
    [24, 'ERR_IPVS_KERNEL'],
  ])('a socket that fails with errno %i is %s', (errno, code) => {
    const libc = {
      ...fakeKernel(() => reply.ok()),
      socket: () => {
        throw new SyscallError('socket', errno)
      },
    }
    expect(errorOf(() => Ipvs.open({ libc })).code).toBe(code)
  })
})

describe('toIpvsError', () => {
  it('passes a binding that does not load on: that is not about IPVS', () => {
    const error = new BindingError('x')
    expect(toIpvsError(error, 'open IPVS', '')).toBe(error)
  })

  it('an answer that cannot be read, or none, is ERR_IPVS_KERNEL', () => {
    const cause = new DecodeError('service', 'a', 'b')
    expect(toIpvsError(cause, 'read services', '')).toMatchObject({ code: 'ERR_IPVS_KERNEL', cause })
    const libc = fakeKernel(({ type }) => (type === 16 ? familyReply(35) : reply.ok()))
    expect(errorOf(() => Ipvs.open({ libc }).info())).toMatchObject({ code: 'ERR_IPVS_KERNEL' })
  })

  it('a bug stays what it is', () => {
    const bug = new TypeError('x is undefined')
    expect(toIpvsError(bug, 'read services', '')).toBe(bug)
  })
})

describe('isIpvsError', () => {
  it('goes by the code, so that a bundled copy counts too', () => {
    expect(isIpvsError(Object.assign(new Error('x'), { code: 'ERR_IPVS_EXISTS' }))).toBe(true)
    expect(isIpvsError(Object.assign(new Error('x'), { code: 'ERR_NETLINK_KERNEL' }))).toBe(false)
    expect(isIpvsError({ code: 'ERR_IPVS_EXISTS' })).toBe(false)
    expect(isIpvsError(undefined)).toBe(false)
  })
})
