import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, Ipvs, type NewDestination, type ServiceKey } from '../src/index.ts'
import { type FakeIpvs, fakeIpvs } from './fake-ipvs.ts'

const tcp = { protocol: 'tcp', address: '10.103.97.2', port: 6443 } as const
const six = { protocol: 'udp', address: '2001:db8::1', port: 53 } as const
const mark = { fwmark: 5, family: 'inet6' } as const
const server = { address: '10.0.0.11', port: 6443 }
const plain = { forward: 'masq', weight: 1, upperThreshold: 0, lowerThreshold: 0 }

let kernel: FakeIpvs
let ipvs: Ipvs

beforeEach(() => {
  kernel = fakeIpvs()
  ipvs = Ipvs.open({ libc: kernel.libc })
})

afterEach(() => {
  ipvs.close()
  expect(kernel.libc.openSockets()).toBe(0)
})

/** What the fake saw since the last call, as command and whether it was a dump. */
function seen(): string[] {
  const names = Object.entries(Command)
  return kernel.seen
    .splice(0)
    .map(({ command, dump }) => `${names.find(([, n]) => n === command)?.[0]}${dump ? ' dump' : ''}`)
}

function add(...keys: ServiceKey[]): void {
  for (const key of keys) ipvs.addService({ ...key, scheduler: 'rr' })
  seen()
}

describe('services', () => {
  it('an empty table is an empty list', () => {
    expect(ipvs.services()).toEqual([])
  })

  it('lists every kind of service in one dump', () => {
    add(tcp, six, mark)
    expect(ipvs.services()).toMatchObject([mark, six, tcp])
    expect(seen()).toEqual(['GET_SERVICE dump'])
  })

  it('shows a service once when the dump has it twice', () => {
    add(tcp, six)
    kernel.copies = 2
    expect(ipvs.services()).toMatchObject([six, tcp])
  })

  it.each<[string, ServiceKey, string]>([
    ['IPv4', tcp, '255.255.255.255'],
    ['IPv6', six, '128'],
    ['a firewall mark', mark, '128'],
  ])('adds, reads by key and deletes %s', (_name, key, netmask) => {
    add(key)
    const defaults = { scheduler: 'rr', flags: [], persistenceTimeout: 0, netmask }
    expect(ipvs.service(key)).toEqual({
      ...key,
      ...defaults,
      stats: expect.objectContaining({ inBytes: 0n }),
    })
    expect(seen()).toEqual(['GET_SERVICE'])
    ipvs.deleteService(key)
    expect(ipvs.service(key)).toBeUndefined()
  })

  it('finds a service by another spelling of its address', () => {
    add(six)
    expect(ipvs.service({ ...six, address: '2001:0DB8:0:0::1' })).toMatchObject(six)
  })

  it('sets the settings in place and clears flags that are not named', () => {
    ipvs.addService({ ...tcp, scheduler: 'rr', flags: ['persistent', 'sched1'], persistenceTimeout: 300 })
    ipvs.addDestination(tcp, server)
    ipvs.setService({ ...tcp, scheduler: 'wlc', flags: ['sched2'] })
    expect(ipvs.service(tcp)).toMatchObject({ scheduler: 'wlc', flags: ['sched2'], persistenceTimeout: 0 })
    expect(ipvs.destinations(tcp)).toHaveLength(1)
  })

  it('deletes the service of an odd protocol that it has read', () => {
    add({ ...tcp, protocol: 'ip-47' })
    for (const entry of ipvs.services()) ipvs.deleteService(entry)
    expect(ipvs.services()).toEqual([])
  })
})

describe('destinations', () => {
  it('reads its own service alone, in one dump', () => {
    add(tcp, six)
    ipvs.addDestination(tcp, server)
    ipvs.addDestination(tcp, { ...server, address: '10.0.0.12' })
    ipvs.addDestination(tcp, { ...server, address: '10.0.0.13' })
    ipvs.addDestination(six, { address: '2001:db8::9', port: 53 })
    seen()
    expect(ipvs.destinations(tcp)?.map(({ address }) => address)).toEqual([
      '10.0.0.11',
      '10.0.0.12',
      '10.0.0.13',
    ])
    expect(seen()).toEqual(['GET_DEST dump'])
  })

  it('tells a service without destinations from no service', () => {
    add(tcp)
    expect(ipvs.destinations(tcp)).toEqual([])
    expect(seen()).toEqual(['GET_DEST dump', 'GET_SERVICE'])
    expect(ipvs.destinations(six)).toBeUndefined()
    expect(seen()).toEqual(['GET_DEST dump', 'GET_SERVICE'])
  })

  it('shows a destination once when the dump has it twice', () => {
    add(tcp)
    ipvs.addDestination(tcp, server)
    ipvs.addDestination(tcp, { ...server, port: 1 })
    kernel.copies = 3
    expect(ipvs.destinations(tcp)).toMatchObject([server, { ...server, port: 1 }])
  })

  it('adds with the defaults and reads the counters', () => {
    add(tcp)
    ipvs.addDestination(tcp, { ...server, address: '10.0.0.10', weight: 9 })
    ipvs.addDestination(tcp, server)
    expect(ipvs.destination(tcp, server)).toEqual({
      ...server,
      ...plain,
      activeConnections: 3,
      inactiveConnections: 4,
      persistentConnections: 5,
      stats: expect.objectContaining({ connections: 0n }),
    })
  })

  it('sets the weight in place, everything else to what is given', () => {
    add(tcp)
    ipvs.addDestination(tcp, { ...server, weight: 7, upperThreshold: 9, lowerThreshold: 8 })
    ipvs.setDestination(tcp, { ...server, weight: 0 })
    expect(ipvs.destination(tcp, server)).toMatchObject({ weight: 0, upperThreshold: 0, lowerThreshold: 0 })
  })

  it('keeps a tunnel to another family', () => {
    add(tcp)
    const away: NewDestination = {
      address: '2001:db8::9',
      port: 6443,
      forward: 'tunnel',
      tunnel: { type: 'gue', port: 5555, flags: ['csum', 'remcsum'] },
    }
    ipvs.addDestination(tcp, away)
    expect(ipvs.destination(tcp, { ...away, address: '2001:DB8:0::9' })).toMatchObject(away)
  })

  it('one that is missing is undefined, as is one of a missing service', () => {
    add(tcp)
    ipvs.addDestination(tcp, server)
    expect(ipvs.destination(tcp, { ...server, port: 1 })).toBeUndefined()
    expect(ipvs.destination(six, server)).toBeUndefined()
  })

  it('deletes one and leaves the others', () => {
    add(tcp)
    ipvs.addDestination(tcp, server)
    ipvs.addDestination(tcp, { ...server, port: 1 })
    ipvs.deleteDestination(tcp, server)
    expect(ipvs.destinations(tcp)).toMatchObject([{ ...server, port: 1 }])
  })
})

describe('the namespace', () => {
  it('has a version and a table size', () => {
    expect(ipvs.info()).toEqual({ version: '1.2.1', connectionTableSize: 4096 })
  })

  it('changes the timeouts that are given', () => {
    ipvs.setTimeouts({ tcpFin: 60 })
    expect(ipvs.timeouts()).toEqual({ tcp: 900, tcpFin: 60, udp: 300 })
  })

  it('zeroes one service, or all', () => {
    add(tcp, six)
    for (const service of kernel.table.services) service.connections = 2n ** 40n
    const connections = () => ipvs.services().map(({ stats }) => stats.connections)
    expect(connections()).toEqual([2n ** 40n, 2n ** 40n])
    ipvs.zero(tcp)
    expect(connections()).toEqual([2n ** 40n, 0n])
    ipvs.zero()
    expect(connections()).toEqual([0n, 0n])
  })

  it('opens another socket after close()', () => {
    ipvs.close()
    expect(kernel.libc.openSockets()).toBe(0)
    expect(ipvs.services()).toEqual([])
  })
})
