import type { ClusterNode, Inventory } from '../../src/cluster/inventory.ts'
import type { Role } from '../../src/config/config.ts'
import type { RawConfig } from '../../src/config/parse.ts'
import type { KeyPair } from '../plan/certificates.ts'
import { World } from '../plan/world.ts'

/** The machines of the tests, in no good order. */
export const MACHINES: Readonly<Record<string, Role>> = {
  '192.0.2.21': 'worker',
  '192.0.2.12': 'control-plane',
  '192.0.2.22': 'worker',
  '192.0.2.11': 'first-control-plane',
  '192.0.2.23': 'worker',
  '192.0.2.13': 'control-plane',
}

/** A cluster in memory. */
export interface Cluster {
  readonly inventory: Inventory
  /** The world around each machine, by its address. */
  readonly worlds: ReadonlyMap<string, World>
  world(address: string): World
}

/** Machines on each of which the same apiservers answer, with a key over TLS. */
export function cluster(
  machines: Readonly<Record<string, Role>> = MACHINES,
  config: RawConfig = {},
  pair?: KeyPair,
): Cluster {
  const worlds = new Map(Object.keys(machines).map((address) => [address, worldOf(address, pair)]))
  const world = (address: string): World => {
    const found = worlds.get(address)
    if (found === undefined) throw new Error(`there is no ${address}`)
    return found
  }
  const nodes = Object.entries(machines).map(
    ([address, role]): ClusterNode => ({ address, role, host: world(address).host }),
  )
  const shared = {
    serviceSubnet: '10.96.0.0/22',
    podSubnet: '100.64.0.0/10',
    ...(pair === undefined ? { guard: { 'health-scheme': 'http' } } : {}),
  }
  return { inventory: { nodes, config: { ...shared, ...config } }, worlds, world }
}

function worldOf(address: string, pair: KeyPair | undefined): World {
  const world = new World({ name: address, ...(pair && { pair }) })
  world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: address }] }]
  return world
}
