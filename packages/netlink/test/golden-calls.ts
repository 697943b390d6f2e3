import {
  Connection,
  GenlFamily,
  type Libc,
  Protocol,
  type RouteSpec,
  RouteTable,
  Rtnetlink,
} from '../src/index.ts'

/** One call of which there is a capture. */
export interface GoldenCall {
  /** What stands in the capture's header. */
  readonly command: string
  /** What `ip` made before, a change a line; the node has a dummy `lvsgold0` of index 4242 with 10.0.0.1/24 and fd00:10::1/64. */
  readonly before?: readonly string[]
  readonly call: (libc: Libc) => unknown
  readonly result?: unknown
  /** Errno of a refusal, and a part of the kernel's words. */
  readonly errno?: string
  readonly text?: string
}

/** The index of the dummy link: chosen, so that requests are the same on every machine. */
const LINK = 4242

function rtnl(call: (client: Rtnetlink) => unknown): (libc: Libc) => unknown {
  return (libc) => {
    const client = Rtnetlink.open({ libc })
    try {
      return call(client)
    } finally {
      client.close()
    }
  }
}

function generic(type: number, payload: Uint8Array): (libc: Libc) => unknown {
  return (libc) => {
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    try {
      return connection.execute({ type, payload })
    } finally {
      connection.close()
    }
  }
}

function lookup(name: string): (libc: Libc) => unknown {
  return (libc) => {
    const family = GenlFamily.open(name, { libc })
    family.close()
    return { name: family.info.name, version: family.info.version }
  }
}

const VIRTUAL: RouteSpec = {
  ...{ destination: '10.99.0.1/32', type: 'local', table: RouteTable.LOCAL, outputLink: 1 },
  ...{ preferredSource: '10.0.0.1', protocol: 77 },
}
const VIRTUAL6: RouteSpec = { ...VIRTUAL, destination: 'fd00:99::1/128', preferredSource: 'fd00:10::1' }
const IP_VIRTUAL = 'route add local 10.99.0.1 dev lo table local proto 77 src 10.0.0.1'
const IP_VIRTUAL6 = 'route add local fd00:99::1 dev lo table local proto 77 src fd00:10::1'
const IP_OLD = 'route add local 10.99.0.1 dev lo table local'
const KEY: RouteSpec = { destination: '10.99.0.1/32', table: RouteTable.LOCAL }
const KEY6: RouteSpec = { destination: 'fd00:99::1/128', table: RouteTable.LOCAL }
const FOUND = { family: 'inet', scope: 'host', ...VIRTUAL } as const
const FOUND6 = { family: 'inet6', scope: 'universe', ...VIRTUAL6, metric: 1024 } as const
const DUMMY = {
  ...{ index: LINK, name: 'lvsgold0', kind: 'dummy', mtu: 1500, up: true, loopback: false },
  address: Uint8Array.of(2, 0, 0, 0, 0, 1),
}
const ADDED = { linkIndex: LINK, address: '10.99.0.1' }
const ADDED6 = { linkIndex: LINK, address: 'fd00:99::1' }

const GENERIC: Record<string, GoldenCall> = {
  'genl-family': {
    command: 'GETFAMILY IPVS',
    call: lookup('IPVS'),
    result: { name: 'IPVS', version: 1 },
  },
  'genl-family-missing': { command: 'GETFAMILY of none (ENOENT)', call: lookup('nonesuch'), errno: 'ENOENT' },
  'genl-no-such-type': {
    command: 'a message to a family id that nobody has (ENOENT)',
    call: generic(1000, Uint8Array.of(1, 1, 0, 0)),
    errno: 'ENOENT',
  },
  'genl-policy': {
    command: 'GETFAMILY with an id of one byte (refused with words)',
    call: generic(16, Uint8Array.of(3, 1, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0)),
    errno: 'ERANGE',
    text: 'Attribute failed policy validation',
  },
}

const LINKS: Record<string, GoldenCall> = {
  'link-add': { command: 'addDummy lvsgold1', call: rtnl((client) => client.addDummy('lvsgold1')) },
  'link-exists': {
    command: 'addDummy of one that is there (EEXIST)',
    call: rtnl((client) => client.addDummy('lvsgold0')),
    errno: 'EEXIST',
  },
  'link-kind': {
    command: 'addLink of a kind that nobody has (EOPNOTSUPP with words)',
    call: rtnl((client) => client.addLink({ name: 'lvsgold1', kind: 'nonesuch', up: true })),
    errno: 'EOPNOTSUPP',
    text: 'Unknown device type',
  },
  'link-by-name': {
    command: 'link lvsgold0',
    call: rtnl((client) => client.link('lvsgold0')),
    result: DUMMY,
  },
  'link-by-index': { command: 'link 4242', call: rtnl((client) => client.link(LINK)), result: DUMMY },
  'link-missing': {
    command: 'link of none (ENODEV)',
    call: rtnl((client) => client.link('lvsgold1')),
    result: undefined,
  },
  'link-dump': {
    command: 'links',
    call: rtnl((client) => client.links().map(({ name }) => name)),
    result: ['lo', 'lvsgold0'],
  },
  'link-up': { command: 'setLinkUp lvsgold0', call: rtnl((client) => client.setLinkUp('lvsgold0')) },
  'link-delete': {
    command: 'deleteLink 4242',
    call: rtnl((client) => client.deleteLink(LINK)),
    result: true,
  },
}

const ADDRESSES: Record<string, GoldenCall> = {
  'address-add': { command: 'addAddress 10.99.0.1/32', call: rtnl((client) => client.addAddress(ADDED)) },
  'address-add-6': {
    command: 'addAddress fd00:99::1/128',
    call: rtnl((client) => client.addAddress(ADDED6)),
  },
  'address-exists': {
    command: 'addAddress of one that is there (EEXIST)',
    before: ['address add 10.99.0.1/32 dev lvsgold0'],
    call: rtnl((client) => client.addAddress(ADDED)),
    errno: 'EEXIST',
  },
  'address-replace': {
    command: 'replaceAddress fd00:99::1/128',
    before: ['address add fd00:99::1/128 dev lvsgold0 nodad'],
    call: rtnl((client) => client.replaceAddress(ADDED6)),
  },
  'address-delete': {
    command: 'deleteAddress 10.99.0.1/32',
    before: ['address add 10.99.0.1/32 dev lvsgold0'],
    call: rtnl((client) => client.deleteAddress(ADDED)),
    result: true,
  },
  'address-missing': {
    command: 'deleteAddress of none (EADDRNOTAVAIL)',
    call: rtnl((client) => client.deleteAddress(ADDED)),
    result: false,
  },
  'address-dump': {
    command: 'addresses of lvsgold0, IPv4',
    call: rtnl((client) => client.addresses({ linkIndex: LINK, family: 'inet' })),
    result: [
      {
        family: 'inet',
        linkIndex: LINK,
        address: '10.0.0.1',
        prefixLength: 24,
        scope: 'universe',
        flags: 128,
      },
    ],
  },
}

const ROUTES: Record<string, GoldenCall> = {
  'route-add': { command: 'addRoute local 10.99.0.1', call: rtnl((client) => client.addRoute(VIRTUAL)) },
  'route-add-6': { command: 'addRoute local fd00:99::1', call: rtnl((client) => client.addRoute(VIRTUAL6)) },
  'route-exists': {
    command: 'addRoute of one that is there (EEXIST)',
    before: [IP_VIRTUAL],
    call: rtnl((client) => client.addRoute(VIRTUAL)),
    errno: 'EEXIST',
  },
  'route-gateway': {
    command: 'addRoute through a gateway that cannot be reached (ENETUNREACH with words)',
    call: rtnl((client) =>
      client.addRoute({ destination: '10.98.0.0/16', gateway: '192.0.2.77', metric: 50 }),
    ),
    errno: 'ENETUNREACH',
    text: 'Nexthop has invalid gateway',
  },
  'route-replace': {
    command: 'replaceRoute local 10.99.0.1',
    before: [IP_OLD],
    call: rtnl((client) => client.replaceRoute(VIRTUAL)),
  },
  'route-replace-6': {
    command: 'replaceRoute local fd00:99::1',
    before: [IP_VIRTUAL6],
    call: rtnl((client) => client.replaceRoute(VIRTUAL6)),
  },
  'route-delete': {
    command: 'deleteRoute 10.99.0.1 of table local',
    before: [IP_VIRTUAL],
    call: rtnl((client) => client.deleteRoute(KEY)),
    result: true,
  },
  'route-delete-6': {
    command: 'deleteRoute fd00:99::1 of table local',
    before: [IP_VIRTUAL6],
    call: rtnl((client) => client.deleteRoute(KEY6)),
    result: true,
  },
  'route-missing': {
    command: 'deleteRoute of none (ESRCH)',
    call: rtnl((client) => client.deleteRoute(KEY)),
    result: false,
  },
  'route-dump': {
    command: 'routes of table local, protocol 77, IPv4',
    before: [IP_VIRTUAL],
    call: rtnl((client) => client.routes({ family: 'inet', table: RouteTable.LOCAL, protocol: 77 })),
    result: [FOUND],
  },
  'route-dump-6': {
    command: 'routes of table local, protocol 77, IPv6',
    before: [IP_VIRTUAL6],
    call: rtnl((client) => client.routes({ family: 'inet6', table: RouteTable.LOCAL, protocol: 77 })),
    result: [FOUND6],
  },
  'route-lookup': {
    command: 'lookup 10.0.0.9',
    call: rtnl((client) => client.lookup('10.0.0.9')),
    result: {
      ...{ family: 'inet', destination: '10.0.0.9/32', table: RouteTable.MAIN, type: 'unicast' },
      ...{ scope: 'universe', protocol: 0, preferredSource: '10.0.0.1', outputLink: LINK },
    },
  },
  'route-lookup-6': {
    command: 'lookup fd00:10::9',
    call: rtnl((client) => client.lookup('fd00:10::9')?.preferredSource),
    result: 'fd00:10::1',
  },
  'route-match': {
    command: 'match 10.99.0.1',
    before: [IP_VIRTUAL],
    call: rtnl((client) => client.match('10.99.0.1')?.protocol),
    result: 77,
  },
  'route-match-6': {
    command: 'match fd00:99::1',
    before: [IP_VIRTUAL6],
    call: rtnl((client) => client.match('fd00:99::1')),
    result: FOUND6,
  },
  'route-unreachable': {
    command: 'lookup 192.0.2.9 without a way (ENETUNREACH)',
    call: rtnl((client) => client.lookup('192.0.2.9')),
    result: undefined,
  },
}

/** Every captured call, by the name of its file in `golden/`. */
export const GOLDEN_CALLS: Readonly<Record<string, GoldenCall>> = {
  ...GENERIC,
  ...LINKS,
  ...ADDRESSES,
  ...ROUTES,
}
