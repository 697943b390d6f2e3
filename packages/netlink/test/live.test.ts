import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  Connection,
  GenlFamily,
  lookupFamily,
  NoFamilyError,
  Protocol,
  RouteTable,
  Rtnetlink,
} from '../src/index.ts'

// Reads the kernel of whatever machine this runs on: no privilege, no change.

let rtnl: Rtnetlink
beforeAll(() => {
  rtnl = Rtnetlink.open()
})
afterAll(() => rtnl.close())

/** `ip -json ...`, or undefined, with the reason printed, where there is no such program. */
function ip(...args: string[]): Array<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(execFileSync('ip', ['-json', ...args], { encoding: 'utf8' }) || '[]')
  } catch (error) {
    console.warn(
      `not compared with "ip ${args.join(' ')}": ${error instanceof Error ? error.message : error}`,
    )
    return undefined
  }
}

describe('generic netlink', () => {
  it('finds the controller, which describes itself', () => {
    const connection = Connection.open({ protocol: Protocol.GENERIC })
    const family = lookupFamily(connection, 'nlctrl')
    connection.close()
    expect(family).toEqual({ id: 16, name: 'nlctrl', version: 2 })
  })

  it('says that a family is missing', () => {
    expect(() => GenlFamily.open('lvscare-none')).toThrow(NoFamilyError)
  })

  it('dumps every family, more than one datagram of them or not', () => {
    const family = GenlFamily.open('nlctrl')
    const all = family.dump({ command: 3, attributes: new Uint8Array() })
    family.close()
    expect(all.length).toBeGreaterThan(1)
  })
})

describe('rtnetlink', () => {
  it('links() has the loopback link, and the same links as ip', () => {
    const links = rtnl.links()
    const lo = links.find(({ name }) => name === 'lo')
    expect(lo).toMatchObject({ index: 1, loopback: true })
    expect(rtnl.link('lo')).toEqual(lo)
    const told = ip('link')
    if (told !== undefined) {
      expect(links.map(({ index, name, mtu }) => [index, name, mtu])).toEqual(
        told.map((one) => [one['ifindex'], one['ifname'], one['mtu']]),
      )
    }
  })

  it('addresses() has those that Node tells', () => {
    const read = new Set(rtnl.addresses().map(({ address }) => address))
    // networkInterfaces() leaves out links that are down.
    for (const one of Object.values(networkInterfaces()).flat()) expect(read).toContain(one?.address)
    const [first] = rtnl.addresses({ family: 'inet', linkIndex: 1 })
    if (first !== undefined)
      expect(first).toMatchObject({ address: '127.0.0.1', prefixLength: 8, scope: 'host' })
  })

  it('routes() of the main table are those of /proc/net/route', () => {
    const lines = readFileSync('/proc/net/route', 'latin1').trim().split('\n').slice(1)
    const dotted = (hex: string): string => [...Buffer.from(hex, 'hex')].reverse().join('.')
    const told = lines.map((line) => {
      const [name = '', destination = '', gateway = '', , , , metric = ''] = line.split('\t')
      return [name, dotted(destination), dotted(gateway), Number(metric)].join(' ')
    })
    const names = new Map(rtnl.links().map(({ index, name }) => [index, name]))
    const read = rtnl
      .routes({ family: 'inet', table: RouteTable.MAIN })
      .filter((route) => route.outputLink !== undefined)
      .map(({ outputLink = 0, destination, gateway = '0.0.0.0', metric = 0 }) =>
        [names.get(outputLink), destination.split('/')[0], gateway, metric].join(' '),
      )
    expect(told).toEqual(expect.arrayContaining(read))
  })

  it.each(['inet', 'inet6'] as const)('routes() of %s are as many as ip tells', (family) => {
    const told = ip(family === 'inet' ? '-4' : '-6', 'route', 'show', 'table', 'all')
    const read = rtnl.routes({ family })
    if (told !== undefined) expect(read.length).toBe(told.length)
    expect(new Set(read.map((route) => route.family)).size).toBeLessThanOrEqual(1)
  })

  it('lookup() and match() of 127.0.0.1 end at the loopback link', () => {
    if (rtnl.link('lo')?.up !== true) {
      console.warn('the loopback link is down: no way to 127.0.0.1')
      expect(rtnl.lookup('127.0.0.1')).toBeUndefined()
      return
    }
    expect(rtnl.lookup('127.0.0.1')).toMatchObject({
      family: 'inet',
      destination: '127.0.0.1/32',
      type: 'local',
      preferredSource: '127.0.0.1',
      outputLink: 1,
    })
    expect(rtnl.match('127.0.0.1')).toMatchObject({ type: 'local', protocol: 2, scope: 'host' })
  })
})
