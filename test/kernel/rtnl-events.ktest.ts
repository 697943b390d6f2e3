import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { defaultLibc, type Libc, RouteEvents, Rtnetlink, SyscallError } from '@lvscare/netlink'
import { QuietRoutes } from '../../packages/lvscare/src/path/quiet-routes.ts'
import { waitFor } from '../lab/wait.ts'
import { ipDo } from './ip-oracle.ts'

// Runs as root in a network namespace (or a machine) of its own; see README.md of test/vm.

const DEVICE = 'lvsevents0'
const VIP = { v4: '10.99.0.1', v6: 'fd00:99::1' }
const NODE = { v4: '10.0.0.1', v6: 'fd00:10::1' }
const LOCAL = {
  v4: `local ${VIP.v4} dev lo table local proto 77`,
  v6: `local ${VIP.v6} dev lo table local proto 77`,
}

/** What somebody does to the routes, and what has to be there before. */
interface Deed {
  readonly name: string
  readonly before?: readonly string[]
  readonly lines: readonly string[]
}

/** One family's ways to break a route; `ip` alone means IPv4. */
function deeds(ip: '-4' | '-6'): Deed[] {
  const [v, bits, length, gateway] =
    ip === '-4' ? (['v4', 32, 24, '10.0.0.254'] as const) : (['v6', 128, 64, 'fd00:10::fe'] as const)
  const far = ip === '-4' ? '10.5.0.0/16' : 'fd00:5::/32'
  return [
    { name: 'route del', lines: [`${ip} route del ${LOCAL[v]}`] },
    { name: 'route replace', lines: [`${ip} route replace ${LOCAL[v]}`] },
    { name: 'route flush', lines: [`${ip} route flush table local ${VIP[v]}`] },
    { name: 'a route that covers it', lines: [`${ip} route add ${far} via ${gateway}`] },
    { name: 'a default route', lines: [`${ip} route add default via ${gateway} metric 5`] },
    { name: 'an unreachable route', lines: [`${ip} route add unreachable ${far}`] },
    { name: 'another table', lines: [`${ip} route add ${far} via ${gateway} table 4242`] },
    { name: 'del of the source', lines: [`address del ${NODE[v]}/${length} dev ${DEVICE}`] },
    { name: 'the virtual IP as address', lines: [`address add ${VIP[v]}/${bits} dev ${DEVICE}`] },
    { name: 'rule add', lines: [`${ip} rule add to ${VIP[v]} lookup 4242 priority 10`] },
    {
      name: 'rule del',
      before: [`${ip} rule add to ${VIP[v]} lookup 4242 priority 10`],
      lines: [`${ip} rule del priority 10`],
    },
    {
      name: 'next hop del',
      before: [`${ip} nexthop add id 7 via ${gateway} dev ${DEVICE}`, `${ip} route add ${far} nhid 7`],
      lines: ['nexthop del id 7'],
    },
    {
      name: 'route del and add at once',
      lines: [`${ip} route del ${LOCAL[v]}`, `${ip} route add ${LOCAL[v]} src ${NODE[v]}`],
    },
  ].map((deed) => ({ ...deed, name: `${ip} ${deed.name}` }))
}

const DEEDS: readonly Deed[] = [
  ...deeds('-4'),
  ...deeds('-6'),
  { name: 'link down', lines: [`link set ${DEVICE} down`] },
  { name: 'link down and up', lines: [`link set ${DEVICE} down`, `link set ${DEVICE} up`] },
  { name: 'link del', lines: [`link del ${DEVICE}`] },
  { name: 'carrier off', lines: [`link set ${DEVICE} carrier off`] },
]

let rtnl: Rtnetlink
let events: RouteEvents
let overruns = 0

before(() => {
  ipDo('link set lo up')
  rtnl = Rtnetlink.open()
  events = RouteEvents.open({ libc: counting(defaultLibc()) })
})
after(() => {
  events.close()
  rtnl.close()
})

/** The same libc, with overruns counted. */
function counting(libc: Libc): Libc {
  return {
    ...libc,
    recvNow: (...args) => {
      try {
        return libc.recvNow(...args)
      } catch (error) {
        if (error instanceof SyscallError && error.errno === 'ENOBUFS') overruns += 1
        throw error
      }
    },
  }
}

/** A node with a link, an address of each family and a route to each virtual IP. */
function makeNode(): void {
  ipDo(`link add ${DEVICE} type dummy`)
  // Without an address of its own making, which would announce itself later.
  ipDo(`link set ${DEVICE} addrgenmode none`)
  ipDo(`link set ${DEVICE} up`)
  ipDo(`address add ${NODE.v4}/24 dev ${DEVICE}`)
  ipDo(`address add ${NODE.v6}/64 dev ${DEVICE} nodad`)
  for (const [ip, v] of [
    ['-4', 'v4'],
    ['-6', 'v6'],
  ] as const)
    ipDo(`${ip} route add ${LOCAL[v]} src ${NODE[v]}`)
}

/** Whatever of it is still there. */
function removeNode(): void {
  for (const line of [
    `link del ${DEVICE}`,
    ...['-4', '-6'].flatMap((ip) => [
      `${ip} rule del priority 10`,
      `${ip} route flush proto 77 table local`,
      `${ip} route flush table 4242`,
      `${ip} route del unreachable ${ip === '-4' ? '10.5.0.0/16' : 'fd00:5::/32'}`,
    ]),
  ])
    ipTry(line)
}

function ipTry(line: string): void {
  try {
    execFileSync('ip', line.split(' '), { stdio: 'ignore' })
  } catch {
    return
  }
}

/** Until everything that was done has been announced. */
async function quiet(): Promise<void> {
  await waitFor('nothing announced', 20_000, async () => {
    if (events.changed()) return false
    await delay(100)
    return !events.changed()
  })
}

describe('RouteEvents', () => {
  beforeEach(async () => {
    makeNode()
    await quiet()
  })
  afterEach(removeNode)

  it('says true first, and false a hundred times while nothing happens', async () => {
    const fresh = RouteEvents.open()
    assert.equal(fresh.changed(), true)
    for (let call = 0; call < 100; call += 1) {
      assert.equal(fresh.changed(), false)
      await delay(5)
    }
    fresh.close()
  })

  it('is not told what is only asked for', () => {
    for (const address of [VIP.v4, VIP.v6, NODE.v4]) {
      rtnl.match(address)
      rtnl.lookup(address)
    }
    assert.ok(rtnl.routes({ family: 'inet' }).length > 0)
    assert.equal(events.changed(), false)
  })

  it('is told what this process does itself', () => {
    rtnl.replaceRoute({ destination: '10.7.0.0/16', gateway: '10.0.0.254' })
    assert.equal(events.changed(), true)
    assert.equal(events.changed(), false)
  })

  for (const deed of DEEDS) {
    it(`is told of: ${deed.name}`, async () => {
      for (const line of deed.before ?? []) ipDo(line)
      await quiet()
      for (const line of deed.lines) ipDo(line)
      assert.equal(events.changed(), true)
      await quiet()
    })
  }

  // IPv6 announces it only for all devices together.
  for (const conf of [`ipv4/conf/${DEVICE}`, 'ipv6/conf/all']) {
    it(`is told of a setting that decides about routes (${conf})`, async () => {
      for (const value of ['1', '0']) {
        writeFileSync(`/proc/sys/net/${conf}/ignore_routes_with_linkdown`, value)
        assert.equal(events.changed(), true)
        await quiet()
      }
    })
  }

  it('is told of a storm that overruns it, and of a single change afterwards', async () => {
    overruns = 0
    const lines = Array.from(
      { length: 5000 },
      (_, n) => `route add 10.200.${n >> 8}.${n & 255} dev ${DEVICE} table 4242`,
    )
    execFileSync('ip', ['-batch', '-'], { input: lines.join('\n'), stdio: ['pipe', 'ignore', 'inherit'] })
    assert.equal(events.changed(), true)
    assert.ok(overruns > 0, 'no overrun')
    await quiet()
    ipDo(`route del ${LOCAL.v4}`)
    assert.equal(events.changed(), true)
  })
})

describe('QuietRoutes on a real table', () => {
  let asked = 0
  let skewMs = 0
  let routes: QuietRoutes

  const ask = (): unknown[] =>
    [VIP.v4, VIP.v6, '10.5.1.1', 'fd00:5::1'].flatMap((to) => [routes.match(to), routes.lookup(to)])
  const plain = (): unknown[] =>
    [VIP.v4, VIP.v6, '10.5.1.1', 'fd00:5::1'].flatMap((to) => [rtnl.match(to), rtnl.lookup(to)])

  beforeEach(async () => {
    makeNode()
    await quiet()
    routes = new QuietRoutes(
      countingTable(),
      () => RouteEvents.open(),
      () => performance.now() + skewMs,
    )
    ask()
    skewMs += 5000
    ask()
    asked = 0
  })
  afterEach(() => {
    routes.close()
    removeNode()
  })

  function countingTable(): Rtnetlink {
    const count = (name: 'match' | 'lookup') => (address: string) => {
      asked += 1
      return rtnl[name](address)
    }
    return new Proxy(rtnl, {
      get: (_target, name) => (name === 'match' || name === 'lookup' ? count(name) : Reflect.get(rtnl, name)),
    })
  }

  it('asks nothing while nothing changes', () => {
    for (let pass = 0; pass < 15; pass += 1) assert.deepEqual(ask(), plain())
    assert.equal(asked, 0)
  })

  for (const deed of DEEDS) {
    it(`answers as the table after: ${deed.name}`, async () => {
      for (const line of deed.before ?? []) ipDo(line)
      ask()
      skewMs += 5000
      ask()
      for (const line of deed.lines) ipDo(line)
      assert.deepEqual(ask(), plain())
      skewMs += 5000
      assert.deepEqual(ask(), plain())
      assert.deepEqual(ask(), plain())
    })
  }
})
