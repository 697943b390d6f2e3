import type { Route } from '@lvscare/netlink'
import { describe, expect, it } from 'vitest'
import {
  addressesOf,
  configuredNodeAddress,
  kernelNodeAddress,
  NODE_NAME,
  NodeAddressError,
  parseEndpoint,
} from '../../src/index.ts'

const V4 = parseEndpoint('10.103.97.2:6443')
const V6 = parseEndpoint('[fd00::2]:6443')
const HOSTS = `127.0.0.1 localhost
# 192.0.2.1 ${NODE_NAME}
192.0.2.2\tnode-2 ${NODE_NAME} # our own
  fd00:0::9   ${NODE_NAME}
192.0.2.3 ${NODE_NAME}.old x${NODE_NAME}
192.0.2.4 apiserver.cluster.local # ${NODE_NAME}`

describe('addressesOf', () => {
  it('finds whole names only, in order, outside comments', () => {
    expect(addressesOf(NODE_NAME, HOSTS)).toEqual(['192.0.2.2', 'fd00:0::9'])
    expect(addressesOf('localhost', HOSTS.replaceAll('\n', '\r\n'))).toEqual(['127.0.0.1'])
    expect(addressesOf('192.0.2.2', HOSTS)).toEqual([])
    expect(addressesOf(NODE_NAME, '')).toEqual([])
  })
})

describe('configuredNodeAddress', () => {
  const all = { flag: '192.0.2.7', environment: '192.0.2.8', hosts: HOSTS }
  it.each([
    ['the flag first', all, V4, '192.0.2.7'],
    ['then the environment', { ...all, flag: undefined }, V4, '192.0.2.8'],
    ['then the hosts file', { ...all, flag: undefined, environment: undefined }, V4, '192.0.2.2'],
    ['else nothing', { flag: undefined, environment: undefined, hosts: '' }, V4, undefined],
    ['not an empty variable', { flag: undefined, environment: '', hosts: HOSTS }, V4, '192.0.2.2'],
    ['not what is no address', { flag: undefined, environment: 'node-1', hosts: HOSTS }, V4, '192.0.2.2'],
    ['not the other family', all, V6, 'fd00::9'],
    [
      'not an address with a zone',
      { flag: undefined, environment: 'fe80::1%eth0', hosts: HOSTS },
      V6,
      'fd00::9',
    ],
  ])('takes %s', (_what, sources, virtual, address) => {
    expect(configuredNodeAddress(sources, virtual)).toBe(address)
  })
})

describe('kernelNodeAddress', () => {
  const server = parseEndpoint('192.0.2.1:6443')
  const route: Route = {
    family: 'inet',
    destination: '192.0.2.1/32',
    table: 254,
    type: 'unicast',
    scope: 'universe',
    protocol: 0,
  }

  it('asks again each time, and keeps the last answer while there is none', () => {
    const answers = ['192.0.2.9', '192.0.2.10', undefined]
    const asked: string[] = []
    const lookup = (address: string): Route | undefined => {
      asked.push(address)
      const source = answers.shift()
      return source === undefined ? undefined : { ...route, preferredSource: source }
    }
    const address = kernelNodeAddress({ lookup }, [server])
    expect([address(), address(), address()]).toEqual(['192.0.2.9', '192.0.2.10', '192.0.2.10'])
    expect(new Set(asked)).toEqual(new Set(['192.0.2.1']))
  })

  it('asks for the next server when there is no way to the first', () => {
    const other = parseEndpoint('198.51.100.1:6443')
    const lookup = (address: string): Route | undefined =>
      address === other.address ? { ...route, preferredSource: '198.51.100.9' } : undefined
    expect(kernelNodeAddress({ lookup }, [server, other])()).toBe('198.51.100.9')
  })

  it('throws when there is no route and never was, or a route without source', () => {
    expect(kernelNodeAddress({ lookup: () => undefined }, [server])).toThrow(NodeAddressError)
    expect(kernelNodeAddress({ lookup: () => route }, [server])).toThrow('192.0.2.1:6443')
  })
})
