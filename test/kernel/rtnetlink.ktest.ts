import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import {
  AddressFlag,
  type AddressSpec,
  KernelError,
  type Link,
  type Route,
  type RouteSpec,
  RouteTable,
  Rtnetlink,
} from '@lvscare/netlink'
import { ip, ipAddresses, ipDo, ipRoutes } from './ip-oracle.ts'

// Runs as root in a network namespace (or a machine) of its own; see README.md of test/vm.

const DEVICE = 'lvstest0'

let rtnl: Rtnetlink

before(() => {
  ipDo('link set lo up')
  rtnl = Rtnetlink.open()
})
after(() => rtnl.close())

/** Asserts that the kernel refuses `call` with `errno`, and with this text where it gives one. */
function refuses(errno: string, call: () => unknown, text = /./): void {
  assert.throws(
    call,
    (error) => error instanceof KernelError && error.errno === errno && text.test(error.message),
  )
}

/** The link of that name; fails when there is none. */
function linkOf(name: string): Link {
  const link = rtnl.link(name)
  assert.ok(link, `no link ${name}`)
  return link
}

/** Makes the device with an address of each family and switches it on. */
function makeNode(): void {
  rtnl.addLink({ name: DEVICE, kind: 'dummy', up: true })
  const linkIndex = linkOf(DEVICE).index
  rtnl.addAddress({ linkIndex, address: '10.0.0.1', prefixLength: 24 })
  rtnl.addAddress({ linkIndex, address: '10.0.0.2', prefixLength: 24 })
  rtnl.addAddress({ linkIndex, address: 'fd00:10::1', prefixLength: 64 })
  rtnl.addAddress({ linkIndex, address: 'fd00:10::2', prefixLength: 64 })
}

describe('links', () => {
  afterEach(() => void rtnl.deleteLink(DEVICE))

  it('links() tells what ip link tells', () => {
    rtnl.addDummy(DEVICE)
    const told = ip('link').map((link) => ({
      index: link['ifindex'],
      name: link['ifname'],
      kind: (link['linkinfo'] as { info_kind?: string } | undefined)?.info_kind,
      mtu: link['mtu'],
      up: (link['flags'] as string[]).includes('UP'),
      loopback: (link['flags'] as string[]).includes('LOOPBACK'),
      address: link['address'],
    }))
    const read = rtnl.links().map((link) => ({
      ...link,
      kind: link.kind,
      address: [...(link.address ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    }))
    assert.deepEqual(read, told)
    assert.ok(read.some((link) => link.kind === 'dummy' && link.name === DEVICE && !link.up))
  })

  it('link() finds a link by name and by index, and says undefined when there is none', () => {
    const lo = linkOf('lo')
    assert.equal(lo.loopback, true)
    assert.deepEqual(rtnl.link(lo.index), lo)
    assert.equal(rtnl.link(DEVICE), undefined)
    assert.equal(rtnl.link(999_999), undefined)
  })

  it('addLink() makes a link that is up when it is told to', () => {
    rtnl.addLink({ name: DEVICE, kind: 'dummy', up: true })
    assert.equal(linkOf(DEVICE).up, true)
  })

  it('addLink() is refused when the name is taken, or nobody knows the kind', () => {
    rtnl.addDummy(DEVICE)
    refuses('EEXIST', () => rtnl.addDummy(DEVICE))
    refuses('EOPNOTSUPP', () => rtnl.addLink({ name: 'lvstest1', kind: 'nonesuch' }), /Unknown device type/)
    assert.equal(rtnl.link('lvstest1'), undefined)
  })

  it('setLinkUp() takes a name or an index, twice does no harm, and a missing link is ENODEV', () => {
    rtnl.addDummy(DEVICE)
    rtnl.setLinkUp(DEVICE)
    assert.equal(linkOf(DEVICE).up, true)
    rtnl.setLinkUp(DEVICE)
    ipDo(`link set ${DEVICE} down`)
    rtnl.setLinkUp(linkOf(DEVICE).index)
    assert.equal(linkOf(DEVICE).up, true)
    refuses('ENODEV', () => rtnl.setLinkUp('lvstest1'))
    refuses('ENODEV', () => rtnl.setLinkUp(999_999))
  })

  it('deleteLink() takes a name or an index, and says false when there is none', () => {
    rtnl.addDummy(DEVICE)
    assert.equal(rtnl.deleteLink(DEVICE), true)
    assert.equal(rtnl.deleteLink(DEVICE), false)
    rtnl.addDummy(DEVICE)
    const { index } = linkOf(DEVICE)
    assert.equal(rtnl.deleteLink(index), true)
    assert.equal(rtnl.deleteLink(index), false)
    assert.equal(
      ip('link').some((link) => link['ifname'] === DEVICE),
      false,
    )
  })

  it('deleteLink() of a link that cannot go is an error', () => {
    refuses('EOPNOTSUPP', () => rtnl.deleteLink('lo'))
  })
})

describe('addresses', () => {
  let linkIndex: number

  beforeEach(() => {
    rtnl.addLink({ name: DEVICE, kind: 'dummy', up: true })
    linkIndex = linkOf(DEVICE).index
  })
  afterEach(() => void rtnl.deleteLink(DEVICE))

  it('addresses() tells what ip address tells, a peer and an odd scope included', () => {
    ipDo(`address add 10.1.0.1 peer 10.1.0.2/32 dev ${DEVICE}`)
    ipDo(`address add 10.2.0.1/24 dev ${DEVICE} scope link`)
    ipDo(`address add 10.3.0.1/24 dev ${DEVICE} scope 7`)
    rtnl.addAddress({ linkIndex, address: 'fd00:9::1' })
    const sorted = <T extends { address: string }>(list: readonly T[]): T[] =>
      list.toSorted((a, b) => a.address.localeCompare(b.address))
    const read = rtnl.addresses().map(({ flags: _, ...address }) => address)
    const told = ipAddresses().map((address) =>
      String(address.scope) === '7' ? { ...address, scope: 'scope-7' as const } : address,
    )
    assert.deepEqual(sorted(read), sorted(told))
  })

  it('addresses() asks for one family, one link, or both', () => {
    rtnl.addAddress({ linkIndex, address: '10.99.0.1' })
    const of = (filter: Parameters<Rtnetlink['addresses']>[0]): string[] =>
      rtnl.addresses(filter).map(({ address }) => address)
    assert.deepEqual(of({ family: 'inet', linkIndex }), ['10.99.0.1'])
    assert.deepEqual(of({ family: 'inet' }).toSorted(), ['10.99.0.1', '127.0.0.1'])
    assert.ok(of({ linkIndex }).every((address) => address === '10.99.0.1' || address.startsWith('fe80:')))
    assert.ok(of({ family: 'inet6' }).includes('::1'))
    assert.deepEqual(of({ linkIndex: 999_999 }), [])
  })

  for (const address of ['10.99.0.1', 'fd00:99::1']) {
    const family = address.includes(':') ? 'inet6' : 'inet'
    const full = family === 'inet' ? 32 : 128

    it(`${address}: add, add again, replace, delete, delete again`, () => {
      const own = (): Array<readonly [string, number]> =>
        rtnl
          .addresses({ family, linkIndex })
          .flatMap((a) => (a.address === address ? [[a.address, a.prefixLength]] : []))
      const spec: AddressSpec = { linkIndex, address }
      rtnl.addAddress(spec)
      assert.deepEqual(own(), [[address, full]])
      refuses('EEXIST', () => rtnl.addAddress(spec))
      rtnl.replaceAddress(spec)
      assert.deepEqual(own(), [[address, full]])
      assert.equal(rtnl.deleteAddress(spec), true)
      assert.equal(rtnl.deleteAddress(spec), false)
      assert.deepEqual(own(), [])
      rtnl.replaceAddress(spec)
      assert.deepEqual(own(), [[address, full]])
    })

    it(`${address}: a link that does not exist`, () => {
      const spec: AddressSpec = { linkIndex: 999_999, address }
      refuses('ENODEV', () => rtnl.addAddress(spec))
      refuses('ENODEV', () => rtnl.replaceAddress(spec))
      assert.equal(rtnl.deleteAddress(spec), false)
    })

    it(`${address}: flags beyond one byte arrive`, () => {
      const { NODAD, NOPREFIXROUTE, PERMANENT } = AddressFlag
      rtnl.addAddress({ linkIndex, address, prefixLength: full - 8, flags: NODAD | NOPREFIXROUTE })
      const [set] = rtnl.addresses({ family, linkIndex }).filter((a) => a.address === address)
      assert.equal(Number(set?.flags) & (NOPREFIXROUTE | PERMANENT), NOPREFIXROUTE | PERMANENT)
      assert.equal(set?.prefixLength, full - 8)
      assert.equal(
        ipRoutes(family, RouteTable.MAIN).some((route) => route.destination.endsWith(`/${full - 8}`)),
        false,
      )
    })
  }

  it('an IPv6 address is usable at once', () => {
    rtnl.addAddress({ linkIndex, address: 'fd00:99::1' })
    const [set] = rtnl.addresses({ family: 'inet6', linkIndex }).filter((a) => a.address === 'fd00:99::1')
    assert.equal(Number(set?.flags) & AddressFlag.TENTATIVE, 0)
  })
})

interface RouteCase {
  readonly name: string
  readonly route: RouteSpec
  /** The same route, changed in place. */
  readonly changed: Partial<RouteSpec>
}

const CASES: readonly RouteCase[] = [
  {
    name: 'mode local, IPv4',
    route: {
      destination: '10.99.0.1/32',
      type: 'local',
      table: RouteTable.LOCAL,
      preferredSource: '10.0.0.1',
      outputLink: 1,
    },
    changed: { preferredSource: '10.0.0.2' },
  },
  {
    name: 'mode local, IPv6',
    route: {
      destination: 'fd00:99::1/128',
      type: 'local',
      table: RouteTable.LOCAL,
      preferredSource: 'fd00:10::1',
      outputLink: 1,
    },
    changed: { preferredSource: 'fd00:10::2' },
  },
  {
    name: 'mode route (the gateway is an address of the node), IPv4',
    route: { destination: '10.99.0.1/32', gateway: '10.0.0.1', metric: 50 },
    changed: { gateway: '10.0.0.2', protocol: 77 },
  },
  {
    name: 'via a gateway, IPv6',
    route: { destination: 'fd00:99::1/128', gateway: 'fd00:10::fe', metric: 50 },
    changed: { gateway: 'fd00:10::fd' },
  },
  {
    name: 'the default route, IPv4',
    route: { destination: '0.0.0.0/0', gateway: '10.0.0.254' },
    changed: { gateway: '10.0.0.253' },
  },
  {
    name: 'the default route, IPv6',
    route: { destination: '::/0', gateway: 'fd00:10::fe', metric: 7 },
    changed: { gateway: 'fd00:10::fd' },
  },
  {
    name: 'a table beyond one byte, IPv4',
    route: { destination: '10.96.0.0/12', table: 4_000_000_000, gateway: '10.0.0.254', protocol: 77 },
    changed: { gateway: '10.0.0.253' },
  },
  {
    name: 'a table beyond one byte, IPv6',
    route: { destination: 'fd00:96::/108', table: 1000, gateway: 'fd00:10::fe', protocol: 77 },
    changed: { gateway: 'fd00:10::fd' },
  },
  {
    name: 'blackhole, IPv4',
    route: { destination: '10.5.0.0/16', type: 'blackhole' },
    changed: { type: 'prohibit' },
  },
  {
    name: 'unreachable, IPv4',
    route: { destination: '10.5.0.0/16', type: 'unreachable' },
    changed: { type: 'throw' },
  },
  {
    name: 'blackhole, IPv6',
    route: { destination: 'fd00:5::/32', type: 'blackhole', metric: 9 },
    changed: { type: 'prohibit' },
  },
]

describe('routes', () => {
  beforeEach(makeNode)
  afterEach(() => {
    rtnl.deleteLink(DEVICE)
    for (const { route } of CASES) while (rtnl.deleteRoute(identity(route))) {}
  })

  /** What names a route: destination and table. */
  function identity({ destination, table = RouteTable.MAIN }: RouteSpec): RouteSpec {
    return { destination, table }
  }

  function familyOf(route: RouteSpec): 'inet' | 'inet6' {
    return route.destination.includes(':') ? 'inet6' : 'inet'
  }

  /** Our reading of the table, after a check that `ip` reads the same. */
  function readBoth(route: RouteSpec): Route[] {
    const filter = { family: familyOf(route), table: route.table ?? RouteTable.MAIN }
    let read: Route[]
    let told: Route[]
    do {
      read = rtnl.routes(filter)
      told = ipRoutes(filter.family, filter.table)
      // The kernel itself adds routes for a new IPv6 address a moment later: compare only what stood still.
    } while (!isDeepStrictEqual(read, rtnl.routes(filter)))
    assert.deepEqual(read, told)
    return read.filter(({ destination }) => destination === route.destination)
  }

  /** Asserts that exactly one route to the destination exists, and has all that was asked for. */
  function assertOnly(wanted: RouteSpec): void {
    const found = readBoth(wanted)
    assert.equal(found.length, 1, JSON.stringify(found))
    assert.deepEqual({ ...found[0], ...wanted }, found[0])
  }

  for (const { name, route, changed } of CASES) {
    it(`${name}: add, add again, replace, replace again, delete, delete again`, () => {
      rtnl.addRoute(route)
      assertOnly(route)
      refuses('EEXIST', () => rtnl.addRoute(route))
      const second = { ...route, ...changed }
      rtnl.replaceRoute(second)
      assertOnly(second)
      rtnl.replaceRoute(second)
      assertOnly(second)
      assert.equal(rtnl.deleteRoute(identity(route)), true)
      assert.equal(rtnl.deleteRoute(identity(route)), false)
      assert.deepEqual(readBoth(route), [])
      rtnl.replaceRoute(route)
      assertOnly(route)
    })

    it(`${name}: deleted by exactly what routes() told of it`, () => {
      rtnl.addRoute(route)
      const [told] = readBoth(route)
      assert.ok(told)
      assert.equal(rtnl.deleteRoute(told), true)
      assert.deepEqual(readBoth(route), [])
    })
  }

  it('the usual scope is what ip gives', () => {
    const scopeOf = (route: RouteSpec): string | undefined => {
      rtnl.addRoute(route)
      return readBoth(route)[0]?.scope
    }
    const { index } = linkOf(DEVICE)
    assert.equal(
      scopeOf({ destination: '10.99.0.1', type: 'local', table: RouteTable.LOCAL, outputLink: 1 }),
      undefined,
    )
    const local = { family: 'inet', table: RouteTable.LOCAL, destination: '10.99.0.1' } as const
    assert.equal(rtnl.routes(local)[0]?.scope, 'host')
    assert.equal(scopeOf({ destination: '10.7.0.0/16', outputLink: index }), 'link')
    assert.equal(scopeOf({ destination: '10.8.0.0/16', gateway: '10.0.0.254' }), 'universe')
    assert.equal(scopeOf({ destination: '10.9.0.0/16', type: 'blackhole' }), 'universe')
    rtnl.deleteRoute({ destination: '10.9.0.0/16' })
    rtnl.deleteRoute({ destination: '10.99.0.1', table: RouteTable.LOCAL })
  })

  it('a scope without a name reads as its number', () => {
    ipDo(`route add 10.7.0.0/16 dev ${DEVICE} scope 7`)
    const [route] = rtnl.routes({ family: 'inet', destination: '10.7.0.0/16' })
    assert.equal(route?.scope, 'scope-7')
    assert.equal(rtnl.deleteRoute({ ...route }), true)
  })

  it('another metric is another IPv4 route: replaceRoute() adds one, deleteRoute() takes the one it names', () => {
    const route: RouteSpec = { destination: '10.99.0.1/32', gateway: '10.0.0.1', metric: 50 }
    rtnl.replaceRoute(route)
    rtnl.replaceRoute({ ...route, metric: 60 })
    assert.deepEqual(
      readBoth(route).map(({ metric }) => metric),
      [50, 60],
    )
    assert.equal(rtnl.deleteRoute({ destination: route.destination, metric: 60 }), true)
    assert.equal(rtnl.deleteRoute({ destination: route.destination, metric: 60 }), false)
    assertOnly(route)
  })

  it('deleteRoute() leaves a route that differs in anything it was told', () => {
    const route: RouteSpec = { destination: '10.99.0.1/32', gateway: '10.0.0.1', metric: 50, protocol: 77 }
    rtnl.addRoute(route)
    for (const other of [
      { metric: 51 },
      { protocol: 78 },
      { gateway: '10.0.0.2' },
      { type: 'local' },
    ] as const) {
      assert.equal(rtnl.deleteRoute({ ...route, ...other }), false, JSON.stringify(other))
    }
    assertOnly(route)
  })

  it('several next hops read as a route without gateway and link', () => {
    ipDo('route add 10.7.0.0/16 nexthop via 10.0.0.251 nexthop via 10.0.0.252')
    const [route] = rtnl.routes({ family: 'inet', destination: '10.7.0.0/16' })
    assert.deepEqual([route?.gateway, route?.outputLink], [undefined, undefined])
  })

  it('a gateway of the other family reads as its address', () => {
    ipDo(`route add 10.7.0.0/16 via inet6 fe80::1 dev ${DEVICE}`)
    const [route] = rtnl.routes({ family: 'inet', destination: '10.7.0.0/16' })
    assert.equal(route?.gateway, 'fe80::1')
  })

  it('routes() selects by anything a route has', () => {
    const { index } = linkOf(DEVICE)
    const route: RouteSpec = { destination: '10.99.0.0/24', gateway: '10.0.0.1', metric: 50, protocol: 77 }
    rtnl.addRoute(route)
    rtnl.addRoute({ ...route, table: 1000 })
    const count = (filter: Partial<Route>): number => rtnl.routes({ family: 'inet', ...filter }).length
    assert.equal(count({ protocol: 77 }), 2)
    assert.equal(count({ protocol: 77, table: 1000 }), 1)
    assert.equal(count({ metric: 50 }), 2)
    assert.equal(count({ gateway: '10.0.0.1' }), 2)
    assert.equal(count({ protocol: 77, outputLink: index }), 2)
    assert.equal(count({ protocol: 77, outputLink: 1 }), 0)
    assert.equal(count({ protocol: 77, type: 'local' }), 0)
    assert.equal(count({ type: 'local', table: RouteTable.LOCAL, destination: '10.0.0.1' }), 1)
    assert.equal(count({ table: 4242 }), 0)
    assert.equal(rtnl.routes({ family: 'inet6', table: 4242 }).length, 0)
    assert.equal(rtnl.deleteRoute({ ...route, table: 1000 }), true)
  })

  it('routes() without a table tells all tables', () => {
    const tables = new Set(rtnl.routes({ family: 'inet' }).map(({ table }) => table))
    assert.ok(tables.has(RouteTable.MAIN) && tables.has(RouteTable.LOCAL))
    const all = [...ipRoutes('inet', RouteTable.MAIN), ...ipRoutes('inet', RouteTable.LOCAL)]
    assert.equal(rtnl.routes({ family: 'inet' }).length, all.length)
  })

  it('a dump of many datagrams is whole', () => {
    const { index } = linkOf(DEVICE)
    for (let i = 0; i < 1000; i += 1) {
      rtnl.addRoute({ destination: `10.200.${i >> 8}.${i & 255}/32`, outputLink: index, table: 2000 })
    }
    assert.equal(readBoth({ destination: '10.200.3.1/32', table: 2000 }).length, 1)
    assert.equal(rtnl.routes({ family: 'inet', table: 2000 }).length, 1000)
  })

  it('what the kernel refuses, it refuses with its own words', () => {
    const { index } = linkOf(DEVICE)
    refuses(
      'ENETUNREACH',
      () => rtnl.addRoute({ destination: '10.99.0.1/32', gateway: '192.0.2.77' }),
      /Nexthop has invalid gateway/,
    )
    refuses(
      'EINVAL',
      () => rtnl.addRoute({ destination: '10.99.0.1/32', outputLink: index, preferredSource: '192.0.2.77' }),
      /Invalid prefsrc address/,
    )
    refuses('EINVAL', () =>
      rtnl.addRoute({ destination: 'fd00:99::1/128', outputLink: index, preferredSource: 'fd00:77::1' }),
    )
    for (const destination of ['10.99.0.1/32', 'fd00:99::1/128']) {
      refuses('ENODEV', () => rtnl.addRoute({ destination, outputLink: 999_999 }))
      assert.equal(rtnl.deleteRoute({ destination, outputLink: 999_999 }), false)
    }
  })
})

describe('lookup() and match()', () => {
  beforeEach(makeNode)
  afterEach(() => {
    rtnl.deleteLink(DEVICE)
    for (const destination of ['10.99.0.1/32', 'fd00:99::1/128']) {
      rtnl.deleteRoute({ destination, table: RouteTable.LOCAL })
    }
    for (const destination of ['10.5.0.0/16', 'fd00:5::/32']) while (rtnl.deleteRoute({ destination })) {}
  })

  for (const [family, source, server, gateway, away] of [
    ['inet', '10.0.0.1', '10.0.0.9', '10.0.0.254', '192.0.2.9'],
    ['inet6', 'fd00:10::1', 'fd00:10::9', 'fd00:10::fe', '2001:db8::9'],
  ] as const) {
    const bits = family === 'inet' ? 32 : 128
    const anywhere = family === 'inet' ? '0.0.0.0/0' : '::/0'

    it(`${family}: the source towards a server on the link is what ip route get says`, () => {
      const found = rtnl.lookup(server)
      const [told] = ip('route', 'get', server)
      assert.equal(found?.preferredSource, told?.['prefsrc'])
      assert.equal(found?.outputLink, linkOf(DEVICE).index)
      assert.equal(found?.destination, `${server}/${bits}`)
      assert.equal(found?.gateway, undefined)
    })

    it(`${family}: a server behind a gateway, and none without one`, () => {
      assert.equal(rtnl.lookup(away), undefined)
      assert.equal(rtnl.match(away), undefined)
      rtnl.addRoute({ destination: anywhere, gateway, preferredSource: source })
      assert.equal(rtnl.lookup(away)?.gateway, gateway)
      assert.equal(rtnl.lookup(away)?.preferredSource, source)
      assert.equal(rtnl.match(away)?.destination, anywhere)
      assert.equal(rtnl.match(away)?.protocol, 4)
    })

    it(`${family}: a local virtual address has the source its route says`, () => {
      const virtual = family === 'inet' ? '10.99.0.1' : 'fd00:99::1'
      rtnl.addRoute({
        destination: virtual,
        type: 'local',
        table: RouteTable.LOCAL,
        outputLink: 1,
        preferredSource: source,
        protocol: 77,
      })
      const found = rtnl.lookup(virtual)
      assert.deepEqual([found?.type, found?.preferredSource, found?.outputLink], ['local', source, 1])
      const entry = rtnl.match(virtual)
      assert.deepEqual(
        [entry?.destination, entry?.type, entry?.protocol],
        [`${virtual}/${bits}`, 'local', 77],
      )
    })

    for (const type of ['blackhole', 'unreachable', 'prohibit'] as const) {
      it(`${family}: undefined for an address a ${type} route covers`, () => {
        const [destination, inside] =
          family === 'inet' ? ['10.5.0.0/16', '10.5.1.1'] : ['fd00:5::/32', 'fd00:5::1']
        rtnl.addRoute({ destination, type })
        assert.equal(rtnl.lookup(inside), undefined)
        assert.equal(rtnl.match(inside), undefined)
      })
    }
  }
})
