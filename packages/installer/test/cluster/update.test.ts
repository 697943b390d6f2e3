import { describe, expect, it } from 'vitest'
import { nodeConfigs } from '../../src/cluster/inventory.ts'
import { planCluster } from '../../src/cluster/plan-cluster.ts'
import { applyCluster } from '../../src/cluster/run.ts'
import { addMaster, removeMaster, updateCluster } from '../../src/cluster/update.ts'
import { verify } from '../../src/plan/verify.ts'
import { VIP } from '../plan/world.ts'
import { type Cluster, cluster } from './cluster.ts'

const WORKERS = ['192.0.2.21', '192.0.2.22', '192.0.2.23']
const MASTERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
const NEW = '192.0.2.14:6443'

/** A cluster that is set up. */
async function running(): Promise<Cluster> {
  const made = cluster()
  expect((await applyCluster(await planCluster(made.inventory))).ok).toBe(true)
  return made
}

function members(made: Cluster, address: string): string[] {
  return [...(made.world(address).host.kernel.rules.get(VIP)?.members.keys() ?? [])]
}

function guarded(made: Cluster, address: string): string {
  return made.world(address).host.text('/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml') ?? ''
}

describe('addMaster', () => {
  it('brings it into every manifest and every live rule', async () => {
    const made = await running()
    for (const world of made.worlds.values()) world.servers.set(NEW, 200)
    const { ok, nodes } = await addMaster(made.inventory, '192.0.2.14')
    expect([ok, nodes.length]).toEqual([true, 6])
    for (const worker of WORKERS) {
      expect(members(made, worker)).toEqual([...MASTERS, NEW])
      expect(guarded(made, worker)).toContain(NEW)
    }
    expect(members(made, '192.0.2.12')).toEqual([])
  })

  it('changes nothing before it is healthy as seen from every worker', async () => {
    const made = await running()
    for (const world of made.worlds.values()) world.servers.set(NEW, 200)
    made.world('192.0.2.22').servers.set(NEW, 500)
    made.world('192.0.2.23').servers.delete(NEW)
    const before = [...made.worlds.values()].map((world) => world.snapshot())
    await expect(addMaster(made.inventory, NEW)).rejects.toMatchObject({
      code: 'ERR_INSTALLER_REFUSED',
      message: expect.stringMatching(
        /^nothing was changed: 192\.0\.2\.22: .*14:6443 is not healthy \(status 500\); 192\.0\.2\.23: /,
      ),
    })
    expect([...made.worlds.values()].map((world) => world.snapshot())).toEqual(before)
  })

  it('leaves the order as it is for one that is there already: the first stays the first', async () => {
    const made = await running()
    expect((await addMaster(made.inventory, '192.0.2.11')).ok).toBe(true)
    for (const worker of WORKERS) expect(members(made, worker)).toEqual(MASTERS)
  })

  it('is not kept by an old server that is down', async () => {
    const made = await running()
    for (const world of made.worlds.values()) {
      world.servers.set(NEW, 200)
      world.servers.delete(MASTERS[1] ?? '')
    }
    expect((await addMaster(made.inventory, NEW)).ok).toBe(true)
  })

  it('begins with one worker alone, and stops when that one fails', async () => {
    const made = await running()
    for (const world of made.worlds.values()) world.servers.set(NEW, 200)
    let isBroken = true
    made.world('192.0.2.21').host.onOperation(({ kind, what }) => {
      if (isBroken && kind === 'writeFileAtomic' && what.endsWith('lvscare.yaml'))
        throw new Error('disk full')
    })
    const { ok, nodes } = await addMaster(made.inventory, NEW)
    expect([ok, nodes.map(({ state }) => state)]).toEqual([
      false,
      ['failed', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
    ])
    for (const worker of WORKERS) expect(members(made, worker)).toEqual(MASTERS)

    isBroken = false
    expect((await addMaster(made.inventory, NEW)).ok).toBe(true)
    for (const worker of WORKERS) expect(members(made, worker)).toContain(NEW)
  })
})

describe('removeMaster', () => {
  it('leaves no real server behind, and leaves the machine itself alone', async () => {
    const made = await running()
    made.world('192.0.2.13').host.forget()
    const { ok, nodes } = await removeMaster(made.inventory, '192.0.2.13')
    expect([ok, nodes.map(({ node }) => node.address).sort()]).toEqual([
      true,
      ['192.0.2.11', '192.0.2.12', '192.0.2.21', '192.0.2.22', '192.0.2.23'],
    ])
    for (const worker of WORKERS) {
      expect(members(made, worker)).toEqual(MASTERS.slice(0, 2))
      expect(guarded(made, worker)).not.toContain('192.0.2.13')
    }
    expect(made.world('192.0.2.13').host.operations).toEqual([])

    const nodesLeft = made.inventory.nodes.filter(({ address }) => address !== '192.0.2.13')
    const left = { ...made.inventory, nodes: nodesLeft }
    for (const [index, config] of nodeConfigs(left).entries()) {
      const node = nodesLeft[index]
      expect(node && (await verify(config, node.host, { pollMs: 1, checkTimeoutMs: 50 }))).toEqual([])
    }
  })

  it('knows the machine by its address, whatever the port of its apiserver is', async () => {
    const servers = ['192.0.2.11:6443', '192.0.2.12:7443']
    const machines = { '192.0.2.11': 'first-control-plane', '192.0.2.12': 'control-plane' } as const
    const made = cluster({ ...machines, '192.0.2.21': 'worker' }, { servers })
    for (const world of made.worlds.values()) world.servers.set('192.0.2.12:7443', 200)
    expect((await applyCluster(await planCluster(made.inventory))).ok).toBe(true)
    made.world('192.0.2.12').host.forget()
    const { nodes } = await removeMaster(made.inventory, '192.0.2.12:7443')
    expect(nodes.map(({ node }) => node.address).sort()).toEqual(['192.0.2.11', '192.0.2.21'])
    expect(made.world('192.0.2.12').host.operations).toEqual([])
  })

  it('refuses one that is none, the last one, and a rest that nobody can reach', async () => {
    const made = await running()
    await expect(removeMaster(made.inventory, '192.0.2.21')).rejects.toThrow(/is none of the apiservers/)
    for (const world of made.worlds.values())
      for (const server of MASTERS.slice(1)) world.servers.delete(server)
    await expect(removeMaster(made.inventory, '192.0.2.11')).rejects.toMatchObject({
      code: 'ERR_INSTALLER_REFUSED',
    })
    for (const worker of WORKERS) expect(members(made, worker)).toEqual(MASTERS)
    const one = cluster({ '192.0.2.11': 'first-control-plane', '192.0.2.21': 'worker' })
    await expect(removeMaster(one.inventory, '192.0.2.11')).rejects.toThrow(/needs at least one apiserver/)
  })
})

describe('updateCluster', () => {
  it('refuses an empty list, and one that cannot be read', async () => {
    const { inventory } = cluster()
    await expect(updateCluster(inventory, [])).rejects.toMatchObject({ code: 'ERR_INSTALLER_CONFIG' })
    await expect(updateCluster(inventory, ['x'])).rejects.toMatchObject({ code: 'ERR_INSTALLER_CONFIG' })
  })

  it('changes nothing while one machine was not set up, or something is in the way on it', async () => {
    const made = cluster()
    await expect(updateCluster(made.inventory, MASTERS)).rejects.toMatchObject({
      code: 'ERR_INSTALLER_REFUSED',
      message: expect.stringContaining('192.0.2.11: nothing was set up here'),
    })
    const ready = await running()
    ready.world('192.0.2.23').host.files.put('/etc/sysctl.d/90-lvscare.conf', 'of somebody else')
    const before = [...ready.worlds.values()].map((world) => world.snapshot())
    await expect(removeMaster(ready.inventory, '192.0.2.13')).rejects.toThrow(/foreign-file/)
    expect([...ready.worlds.values()].map((world) => world.snapshot())).toEqual(before)
  })

  it('only looks with dryRun', async () => {
    const made = await running()
    const before = [...made.worlds.values()].map((world) => world.snapshot())
    expect((await updateCluster(made.inventory, MASTERS.slice(0, 1), { dryRun: true })).ok).toBe(true)
    expect([...made.worlds.values()].map((world) => world.snapshot())).toEqual(before)
  })
})
