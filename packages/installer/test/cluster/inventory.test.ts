import { describe, expect, it } from 'vitest'
import {
  type ClusterNode,
  type Inventory,
  nodeConfigs,
  serversOf,
  stagesOf,
  withPort,
} from '../../src/cluster/inventory.ts'
import type { Role } from '../../src/config/config.ts'
import { memoryHost } from '../../src/host/memory.ts'

function node(address: string, role: Role): ClusterNode {
  return { address, role, host: memoryHost({ name: address }) }
}

const NODES = [
  node('192.0.2.21', 'worker'),
  node('192.0.2.12', 'control-plane'),
  node('192.0.2.11', 'first-control-plane'),
]

const INVENTORY: Inventory = { nodes: NODES, config: { vip: '10.103.97.2', serviceSubnet: '10.96.0.0/22' } }

describe('an inventory', () => {
  it('has its control planes as servers, the first one first', () => {
    expect(serversOf(INVENTORY)).toEqual(['192.0.2.11:6443', '192.0.2.12:6443'])
    expect(serversOf({ ...INVENTORY, config: { port: 8443 } })).toEqual([
      '192.0.2.11:8443',
      '192.0.2.12:8443',
    ])
  })

  it('lets the configuration name other servers', () => {
    expect(serversOf({ ...INVENTORY, config: { servers: ['192.0.2.99', '192.0.2.98:1'] } })).toEqual([
      '192.0.2.99:6443',
      '192.0.2.98:1',
    ])
  })

  it('gives every machine its role and its own address', () => {
    const configs = nodeConfigs(INVENTORY)
    expect(configs.map(({ role, nodeAddress }) => [nodeAddress, role])).toEqual(
      NODES.map(({ address, role }) => [address, role]),
    )
    for (const config of configs) expect(config.servers).toHaveLength(2)
  })

  it('sets machines up in three stages, and leaves empty ones out', () => {
    const addresses = stagesOf(INVENTORY).map((stage) => stage.map(({ address }) => address))
    expect(addresses).toEqual([['192.0.2.11'], ['192.0.2.12'], ['192.0.2.21']])
    expect(stagesOf({ nodes: [node('192.0.2.21', 'worker')], config: {} })).toHaveLength(1)
  })

  it('refuses machines that are there twice, and two that are the first, all at once', () => {
    const nodes = [...NODES, node('192.0.2.21', 'worker'), node('192.0.2.13', 'first-control-plane')]
    expect(() => nodeConfigs({ ...INVENTORY, nodes })).toThrowError(
      /nodes\[3\]\.address "192\.0\.2\.21": is in the inventory twice; nodes\[4\]\.role "first-control-plane": only one/,
    )
  })
})

describe('withPort', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1:6443'],
    ['192.0.2.1:1', '192.0.2.1:1'],
    ['2001:db8::1', '[2001:db8::1]:6443'],
    ['[2001:db8::1]', '[2001:db8::1]:6443'],
    ['[2001:db8::1]:1', '[2001:db8::1]:1'],
  ])('writes %s as %s', (server, text) => expect(withPort(server, 6443)).toBe(text))

  it.each(['example.org', '192.0.2.1:0', ''])('refuses %j', (server) => {
    expect(() => withPort(server, 6443)).toThrow(RangeError)
  })
})
