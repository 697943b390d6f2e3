import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type ClusterPlan, planCluster } from '../../src/cluster/plan-cluster.ts'
import { applyCluster, type ClusterResult } from '../../src/cluster/run.ts'
import { plan } from '../../src/plan/plan.ts'
import { type Cluster, cluster, MACHINES } from './cluster.ts'

const WORKERS = ['192.0.2.21', '192.0.2.22', '192.0.2.23']

function states({ nodes }: ClusterResult): Record<string, string> {
  return Object.fromEntries(nodes.map(({ node, state }) => [node.address, state]))
}

function changed({ worlds }: Cluster): string[] {
  const touched = [...worlds].filter(([, { host }]) => host.changes.some(({ kind }) => kind !== 'exec'))
  return touched.map(([address]) => address)
}

/** The machines in the order in which each is first changed. */
function watchOrder({ worlds }: Cluster): string[] {
  const order: string[] = []
  for (const [address, { host }] of worlds)
    host.onOperation(({ kind }, moment) => {
      if (moment === 'before' && kind === 'writeFileAtomic' && !order.includes(address)) order.push(address)
    })
  return order
}

describe('planCluster', () => {
  it('looks at every machine, changes none, and puts them into their stages', async () => {
    const made = cluster()
    const planned = await planCluster(made.inventory)
    expect(planned.stages.map((stage) => stage.map(({ node }) => node.address))).toEqual([
      ['192.0.2.11'],
      ['192.0.2.12', '192.0.2.13'],
      WORKERS,
    ])
    expect([planned.empty, planned.unknown]).toEqual([false, []])
    for (const address of Object.keys(MACHINES)) expect(planned.diff()).toContain(`# ${address}\n`)
    expect(changed(made)).toEqual([])
  })

  it('makes the plan of each machine as it would be made for it alone', async () => {
    const made = cluster()
    const planned = await planCluster(made.inventory)
    for (const { node, config, plan: one } of planned.stages.flat())
      expect(one?.diff()).toBe((await plan(config, node.host)).diff())
  })

  it('tells which machines cannot be looked at, and looks at the others', async () => {
    const made = cluster()
    made.world('192.0.2.22').host.crashAt({ at: 1, when: 'before' })
    const { unknown, stages } = await planCluster(made.inventory)
    expect(unknown.map(({ node }) => node.address)).toEqual(['192.0.2.22'])
    expect(stages.flat().filter((one) => one.plan !== undefined)).toHaveLength(5)
  })

  it('names the machine of every finding', async () => {
    const made = cluster(MACHINES, { profile: 'sealos' })
    const { findings } = await planCluster(made.inventory)
    const hosts = findings.filter(({ code }) => code === 'sealos-privileged').map(({ host }) => host)
    expect(hosts.sort()).toEqual(WORKERS)
  })

  it('has nothing to do a second time', async () => {
    const made = cluster()
    await applyCluster(await planCluster(made.inventory))
    const again = await planCluster(made.inventory)
    expect([again.empty, again.diff()]).toEqual([true, ''])
  })
})

describe('applyCluster', () => {
  async function planned(made: Cluster): Promise<ClusterPlan> {
    return await planCluster(made.inventory)
  }

  it('sets every machine up: control planes one after the other, the first worker alone', async () => {
    const made = cluster()
    const order = watchOrder(made)
    const result = await applyCluster(await planned(made))
    expect(result.ok).toBe(true)
    expect(order.slice(0, 4)).toEqual(['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.21'])
    expect(new Set(order)).toEqual(new Set(Object.keys(MACHINES)))
    for (const address of WORKERS) expect(made.world(address).host.kernel.rules.size).toBe(1)
    expect(made.world('192.0.2.12').host.kernel.rules.size).toBe(0)
  })

  it('runs what belongs to a machine before the next stage begins', async () => {
    const made = cluster()
    const order = watchOrder(made)
    const seen: [string, readonly string[]][] = []
    await applyCluster(await planned(made), {
      onNode: async ({ node }) => void seen.push([node.address, [...order]]),
    })
    expect(seen.slice(0, 2)).toEqual([
      ['192.0.2.11', ['192.0.2.11']],
      ['192.0.2.12', ['192.0.2.11', '192.0.2.12']],
    ])
    expect(seen).toHaveLength(6)
  })

  it('has one control plane at a time, and workers as many as it may', async () => {
    const made = cluster({
      ...MACHINES,
      '192.0.2.14': 'control-plane',
      '192.0.2.24': 'worker',
      '192.0.2.25': 'worker',
    })
    const now = new Map<boolean, number>()
    const most = new Map<boolean, number>()
    await applyCluster(await planned(made), {
      parallel: 2,
      onNode: async ({ node }) => {
        const isWorker = node.role === 'worker'
        now.set(isWorker, (now.get(isWorker) ?? 0) + 1)
        most.set(isWorker, Math.max(most.get(isWorker) ?? 0, now.get(isWorker) ?? 0))
        await setTimeout(30)
        now.set(isWorker, (now.get(isWorker) ?? 0) - 1)
      },
    })
    expect([most.get(false), most.get(true)]).toEqual([1, 2])
  })

  it('changes nothing while one machine cannot be looked at, or one finding is an error', async () => {
    const away = cluster()
    away.world('192.0.2.23').host.crashAt({ at: 1, when: 'before' })
    await expect(planned(away).then((one) => applyCluster(one))).rejects.toMatchObject({
      code: 'ERR_INSTALLER_REFUSED',
      message: expect.stringContaining('192.0.2.23 (192.0.2.23: '),
    })
    expect(changed(away)).toEqual([])

    const wrong = cluster(MACHINES, { vip: '10.96.0.9' })
    await expect(planned(wrong).then((one) => applyCluster(one))).rejects.toMatchObject({
      code: 'ERR_INSTALLER_REFUSED',
    })
    expect(changed(wrong)).toEqual([])
  })

  it('stops at a machine that fails, takes that one back, and the second call does the rest', async () => {
    const made = cluster()
    const before = made.world('192.0.2.21').host.snapshot()
    let isBroken = true
    made.world('192.0.2.21').host.onOperation(({ kind }) => {
      if (isBroken && kind === 'rule.set') throw new Error('no IPVS')
    })
    const result = await applyCluster(await planned(made))
    expect(result.ok).toBe(false)
    expect(states(result)).toEqual({
      '192.0.2.11': 'done',
      '192.0.2.12': 'done',
      '192.0.2.13': 'done',
      '192.0.2.21': 'failed',
      '192.0.2.22': 'skipped',
      '192.0.2.23': 'skipped',
    })
    expect(made.world('192.0.2.21').host.snapshot()).toEqual(before)
    expect(result.nodes.find(({ state }) => state === 'failed')?.error).toMatchObject({ message: 'no IPVS' })

    isBroken = false
    expect((await applyCluster(await planned(made))).ok).toBe(true)
  })

  it('goes on over as many failures as it may', async () => {
    const made = cluster()
    made.world('192.0.2.21').host.onOperation(({ kind }) => {
      if (kind === 'rule.set') throw new Error('no IPVS')
    })
    const result = await applyCluster(await planned(made), { maxFailures: 1 })
    expect(states(result)).toMatchObject({
      '192.0.2.21': 'failed',
      '192.0.2.22': 'done',
      '192.0.2.23': 'done',
    })
  })

  it('takes what is thrown about a machine for a failure of it', async () => {
    const made = cluster()
    const result = await applyCluster(await planned(made), {
      onNode: async () => {
        throw new Error('kubeadm init failed')
      },
    })
    expect(states(result)).toMatchObject({ '192.0.2.11': 'failed', '192.0.2.12': 'skipped' })
    const [first] = result.nodes
    // What was done there stays, so it has to be told.
    expect(first).toMatchObject({ result: { ok: true }, error: { message: 'kubeadm init failed' } })
    expect(first?.result?.done.length).toBeGreaterThan(0)
  })

  it('only shows with dryRun', async () => {
    const made = cluster()
    const result = await applyCluster(await planned(made), { dryRun: true })
    expect([result.ok, changed(made)]).toEqual([true, []])
  })

  it('begins nothing more when it is stopped', async () => {
    const made = cluster()
    const stop = new AbortController()
    const result = await applyCluster(await planned(made), {
      signal: stop.signal,
      onNode: async () => stop.abort(),
    })
    expect(Object.values(states(result)).filter((state) => state === 'done')).toHaveLength(1)
  })
})
