import { describe, expect, it } from 'vitest'
import {
  encodeAddress,
  encodeLinkKey,
  encodeMessage,
  encodeNewLink,
  encodeRoute,
  encodeRouteKey,
  Flag,
  KernelError,
  type Message,
  type RouteSpec,
  RtmType,
  Rtnetlink,
  readMessages,
} from '../../src/index.ts'
import { fakeKernel, hex, type Reply, reply, toHex } from '../../src/testing/index.ts'

/** A client of a kernel that gives every request the same answer, and the requests it saw. */
function clientOf(answer: Reply) {
  const requests: Message[] = []
  const libc = fakeKernel((request) => {
    requests.push(request)
    return answer
  })
  return { rtnl: Rtnetlink.open({ libc }), libc, requests }
}

const link = (index: number, name: string) => ({
  type: RtmType.NEWLINK,
  payload: Buffer.concat([encodeLinkKey(index), encodeLinkKey(name).subarray(16)]),
})
const address = (linkIndex: number, text: string) => ({
  type: RtmType.NEWADDR,
  payload: encodeAddress({ linkIndex, address: text }),
})
const route = (spec: RouteSpec) => ({ type: RtmType.NEWROUTE, payload: encodeRoute(spec) })
const OTHER_FAMILY = hex`2d000000 01000000 00000000`

const VIRTUAL: RouteSpec = { destination: '10.99.0.1/32', gateway: '10.0.0.1', metric: 50 }
const ADDRESS = { linkIndex: 3, address: '10.99.0.1' }
const DUMMY = { name: 'lvs0', kind: 'dummy', up: true }

const CHANGE = Flag.REQUEST | Flag.ACK
const ADD = CHANGE | Flag.CREATE | Flag.EXCL
const UPSERT = CHANGE | Flag.CREATE | Flag.REPLACE

const CHANGES: ReadonlyArray<readonly [string, (rtnl: Rtnetlink) => unknown, number, number, Uint8Array]> = [
  ['addLink', (rtnl) => rtnl.addLink(DUMMY), RtmType.NEWLINK, ADD, encodeNewLink(DUMMY)],
  [
    'addDummy',
    (rtnl) => rtnl.addDummy('lvs0'),
    RtmType.NEWLINK,
    ADD,
    encodeNewLink({ name: 'lvs0', kind: 'dummy' }),
  ],
  ['setLinkUp', (rtnl) => rtnl.setLinkUp('lvs0'), RtmType.SETLINK, CHANGE, encodeLinkKey('lvs0', 1)],
  ['deleteLink', (rtnl) => rtnl.deleteLink(3), RtmType.DELLINK, CHANGE, encodeLinkKey(3)],
  ['addAddress', (rtnl) => rtnl.addAddress(ADDRESS), RtmType.NEWADDR, ADD, encodeAddress(ADDRESS)],
  ['replaceAddress', (rtnl) => rtnl.replaceAddress(ADDRESS), RtmType.NEWADDR, UPSERT, encodeAddress(ADDRESS)],
  ['deleteAddress', (rtnl) => rtnl.deleteAddress(ADDRESS), RtmType.DELADDR, CHANGE, encodeAddress(ADDRESS)],
  ['addRoute', (rtnl) => rtnl.addRoute(VIRTUAL), RtmType.NEWROUTE, ADD, encodeRoute(VIRTUAL)],
  ['replaceRoute', (rtnl) => rtnl.replaceRoute(VIRTUAL), RtmType.NEWROUTE, UPSERT, encodeRoute(VIRTUAL)],
  ['deleteRoute', (rtnl) => rtnl.deleteRoute(VIRTUAL), RtmType.DELROUTE, CHANGE, encodeRouteKey(VIRTUAL)],
]

describe('changes', () => {
  it.each(CHANGES)('%s() is one request', (_name, call, type, flags, payload) => {
    const { rtnl, requests } = clientOf(reply.ok())
    call(rtnl)
    expect(requests.map((request) => [request.type, request.flags, toHex(request.payload)])).toEqual([
      [type, flags, toHex(payload)],
    ])
  })

  it.each(CHANGES)('%s() passes a refusal on', (_name, call) => {
    const { rtnl } = clientOf(reply.errno('EPERM', 'no'))
    expect(() => call(rtnl)).toThrow(expect.objectContaining({ name: 'KernelError', errno: 'EPERM' }))
  })
})

describe('deletions', () => {
  it.each([
    ['deleteLink', (rtnl: Rtnetlink) => rtnl.deleteLink('lvs0'), ['ENODEV']],
    ['deleteAddress', (rtnl: Rtnetlink) => rtnl.deleteAddress(ADDRESS), ['EADDRNOTAVAIL', 'ENODEV', 'ENXIO']],
    ['deleteRoute', (rtnl: Rtnetlink) => rtnl.deleteRoute(VIRTUAL), ['ESRCH', 'ENOENT']],
  ] as const)('%s() says whether there was something', (_name, call, gone) => {
    expect(call(clientOf(reply.ok()).rtnl)).toBe(true)
    for (const errno of gone) expect(call(clientOf(reply.errno(errno)).rtnl)).toBe(false)
    for (const errno of ['EPERM', 'EBUSY', 'EOPNOTSUPP'] as const) {
      expect(() => call(clientOf(reply.errno(errno)).rtnl)).toThrow(KernelError)
    }
  })
})

describe('links', () => {
  it('lists them, and nothing of another kind', () => {
    const { rtnl, requests } = clientOf(
      reply.objects(link(1, 'lo'), address(1, '127.0.0.1'), link(2, 'eth0'), link(7, 'lvs0')),
    )
    expect(rtnl.links().map(({ index, name }) => `${index} ${name}`)).toEqual(['1 lo', '2 eth0', '7 lvs0'])
    expect([requests[0]?.type, (requests[0]?.flags ?? 0) & Flag.DUMP]).toEqual([RtmType.GETLINK, Flag.DUMP])
  })

  it('finds one, or says undefined', () => {
    const { rtnl, requests } = clientOf(reply.objects(link(7, 'lvs0')))
    expect(rtnl.link('lvs0')?.index).toBe(7)
    expect((requests[0]?.flags ?? 0) & Flag.DUMP).toBe(0)
    expect(clientOf(reply.errno('ENODEV')).rtnl.link('lvs0')).toBeUndefined()
    expect(() => clientOf(reply.errno('EPERM')).rtnl.link('lvs0')).toThrow(KernelError)
  })
})

describe('addresses', () => {
  const answer = reply.objects(address(1, '127.0.0.1'), address(3, '10.99.0.1'), address(3, 'fd00::1'))
  const of = (filter?: Parameters<Rtnetlink['addresses']>[0]) =>
    clientOf(answer)
      .rtnl.addresses(filter)
      .map((one) => one.address)

  it('are filtered again where the kernel did not', () => {
    expect(of()).toEqual(['127.0.0.1', '10.99.0.1', 'fd00::1'])
    expect(of({ linkIndex: 3 })).toEqual(['10.99.0.1', 'fd00::1'])
    expect(of({ family: 'inet6' })).toEqual(['fd00::1'])
    expect(of({ family: 'inet', linkIndex: 3 })).toEqual(['10.99.0.1'])
  })

  it('of other families are passed over', () => {
    const { rtnl } = clientOf(
      reply.objects({ type: RtmType.NEWADDR, payload: OTHER_FAMILY }, address(3, '10.99.0.1')),
    )
    expect(rtnl.addresses().length).toBe(1)
  })

  it('of a link that is not there are none', () => {
    expect(clientOf(reply.errno('ENODEV')).rtnl.addresses({ linkIndex: 9 })).toEqual([])
    expect(() => clientOf(reply.errno('EINVAL')).rtnl.addresses({ linkIndex: 9 })).toThrow(KernelError)
  })
})

describe('routes', () => {
  it('are filtered again where the kernel did not', () => {
    const answer = reply.objects(
      route(VIRTUAL),
      route({ ...VIRTUAL, table: 1000 }),
      route({ destination: 'fd00::/64', outputLink: 1 }),
      { type: RtmType.NEWROUTE, payload: OTHER_FAMILY },
      link(1, 'lo'),
    )
    const { rtnl } = clientOf(answer)
    expect(rtnl.routes({ family: 'inet' }).length).toBe(2)
    expect(rtnl.routes({ family: 'inet', table: 1000 }).map(({ table }) => table)).toEqual([1000])
    expect(rtnl.routes({ family: 'inet6' }).map(({ destination }) => destination)).toEqual(['fd00::/64'])
  })

  it('a route of a newer kind does not spoil the others', () => {
    const odd = route({ destination: '10.5.0.0/16', type: 'type-99', scope: 'scope-7' })
    const { rtnl } = clientOf(reply.objects(odd, route(VIRTUAL)))
    expect(rtnl.routes({ family: 'inet' }).map(({ type, scope }) => `${type} ${scope}`)).toEqual([
      'type-99 scope-7',
      'unicast universe',
    ])
  })

  it('of a table that is not there are none', () => {
    expect(clientOf(reply.errno('ENOENT')).rtnl.routes({ family: 'inet', table: 9 })).toEqual([])
    expect(() => clientOf(reply.errno('EINVAL')).rtnl.routes({ family: 'inet', table: 9 })).toThrow(
      KernelError,
    )
  })
})

describe('lookup() and match()', () => {
  const flagsOf = (request: Message | undefined): number =>
    Buffer.from(request?.payload ?? hex``).readUInt32LE(8)
  const answer = reply.objects(route({ ...VIRTUAL, preferredSource: '10.0.0.7' }))

  it('ask IPv4 for its table, and IPv6 not', () => {
    const [four, six] = [clientOf(answer), clientOf(reply.objects(route({ destination: 'fd00::1/128' })))]
    four.rtnl.lookup('10.99.0.1')
    four.rtnl.match('10.99.0.1')
    six.rtnl.lookup('fd00::1')
    six.rtnl.match('fd00::1')
    const requests = [...four.requests, ...six.requests]
    expect(requests.map(flagsOf)).toEqual([0x1000, 0x3000, 0, 0x2000])
    expect(requests.map(({ flags }) => flags & Flag.DUMP)).toEqual([0, 0, 0, 0])
  })

  it('an answer of the other family is a DecodeError: its source belongs into no route of ours', () => {
    const answer = reply.objects(route({ destination: '::/0', preferredSource: 'fd00::9' }))
    for (const ask of ['lookup', 'match'] as const)
      expect(() => clientOf(answer).rtnl[ask]('10.99.0.1')).toThrow(
        expect.objectContaining({ code: 'ERR_NETLINK_DECODE' }),
      )
  })

  it('tell the route', () => {
    expect(clientOf(answer).rtnl.lookup('10.99.0.1')).toMatchObject({
      preferredSource: '10.0.0.7',
      metric: 50,
    })
  })

  it.each(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL'] as const)('%s is no way', (errno) => {
    expect(clientOf(reply.errno(errno)).rtnl.lookup('10.99.0.1')).toBeUndefined()
    expect(clientOf(reply.errno(errno)).rtnl.match('10.99.0.1')).toBeUndefined()
  })

  it.each(['blackhole', 'unreachable', 'prohibit', 'throw'] as const)('a %s route is no way', (type) => {
    expect(
      clientOf(reply.objects(route({ destination: '::/0', type }))).rtnl.lookup('fd00::1'),
    ).toBeUndefined()
  })

  it('pass other refusals on, and refuse what is no address', () => {
    expect(() => clientOf(reply.errno('EPERM')).rtnl.lookup('10.99.0.1')).toThrow(KernelError)
    expect(() => clientOf(answer).rtnl.lookup('localhost')).toThrow(RangeError)
  })
})

describe('Rtnetlink', () => {
  it('asks for strict checks of its dumps', () => {
    const options: string[] = []
    const kernel = fakeKernel(() => reply.ok())
    const libc = {
      ...kernel,
      setsockopt: (_: number, level: number, option: number) => void options.push(`${level} ${option}`),
    }
    Rtnetlink.open({ libc })
    expect(options).toContain('270 12')
  })

  it('sends what the encoders make, and closes its socket', () => {
    const { rtnl, libc, requests } = clientOf(reply.ok())
    rtnl.replaceRoute(VIRTUAL)
    const [again] = readMessages(encodeMessage({ ...(requests[0] as Message) }))
    expect(Buffer.compare(again?.payload ?? hex``, requests[0]?.payload ?? hex``)).toBe(0)
    rtnl.close()
    expect(libc.openSockets()).toBe(0)
  })
})
