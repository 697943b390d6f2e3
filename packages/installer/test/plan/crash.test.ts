import type { Fault, MemoryHost } from '@lvscare/installer/testing'
import { describe, expect, it } from 'vitest'
import { apply } from '../../src/plan/apply.ts'
import { plan } from '../../src/plan/plan.ts'
import { uninstall } from '../../src/plan/uninstall.ts'
import { applied, begin, SCENARIOS, type Scenario, UNINSTALLED } from './scenarios.ts'
import { QUICK, type World } from './world.ts'

/** The host after an apply of the scenario, with the operations of that; and what a node without it is like. */
async function reference(scenario: Scenario): Promise<{ host: MemoryHost; done: object; bare: object }> {
  const world = await begin(scenario)
  const prepared = await plan(scenario.to, world.host, QUICK)
  world.host.forget()
  expect(await apply(prepared)).toMatchObject({ ok: true })
  const { operations, changes } = world.host
  const done = world.snapshot()
  expect(await plan(scenario.to, world.host, QUICK)).toMatchObject({ empty: true })
  const host = { ...world.host, operations, changes }
  return { host, done, bare: (await begin({ ...scenario, from: undefined })).snapshot() }
}

/** Everything that a crash can leave: what was there before each change, and after the last one. */
function crashes({ changes }: MemoryHost): Fault[] {
  const among = 'changes'
  const before = changes.map((_, index): Fault => ({ at: index + 1, when: 'before', among }))
  return [...before, { at: changes.length, when: 'after', among }]
}

/** Every operation; to whoever only looks it is all the same whether that fails before or after. */
function failures({ operations, changes }: MemoryHost): Fault[] {
  return operations.flatMap((operation, index): Fault[] => {
    const before = { at: index + 1, when: 'before' } as const
    return changes.includes(operation) ? [before, { ...before, when: 'after' }] : [before]
  })
}

/** Whoever guards a rule must never have found it empty, nor kubelet a file that is no manifest. */
function expectNoHarm(world: World): void {
  expect([...world.strays]).toEqual([])
  expect(world.rulesSeen.filter((servers) => servers.length === 0)).toEqual([])
}

describe.each(SCENARIOS)('$name', (scenario) => {
  it('comes to the same end after a crash at every operation, and goes without a trace', async () => {
    const { host, done, bare } = await reference(scenario)
    for (const fault of crashes(host)) {
      const world = await begin(scenario)
      const prepared = await plan(scenario.to, world.host, QUICK)
      world.host.crashAt(fault)
      await apply(prepared)
      world.host.revive()
      expect(await applied(world, scenario.to), JSON.stringify(fault)).toMatchObject({ ok: true })
      expect(world.snapshot(), JSON.stringify(fault)).toEqual(done)
      expectNoHarm(world)
      expect(await uninstall(world.host, QUICK), JSON.stringify(fault)).toMatchObject({ ok: true })
      expect(world.snapshot(), JSON.stringify(fault)).toEqual(bare)
    }
  })

  it('is taken back to the byte when any operation fails', async () => {
    const { host, done } = await reference(scenario)
    const before = (await begin(scenario)).snapshot()
    for (const fault of failures(host)) {
      const world = await begin(scenario)
      const prepared = await plan(scenario.to, world.host, QUICK)
      world.host.failAt(fault)
      const result = await apply(prepared)
      expect(result.notUndone, JSON.stringify(fault)).toEqual([])
      expect(world.snapshot(), JSON.stringify(fault)).toEqual(result.ok ? done : before)
      expectNoHarm(world)
    }
  })
})

describe.each(UNINSTALLED)('$name', (scenario) => {
  it('is taken away although that crashed at any operation', async () => {
    const { bare } = await reference(scenario)
    const begun = async (): Promise<World> => {
      const world = await begin(scenario)
      await applied(world, scenario.to)
      world.host.forget()
      return world
    }
    const first = await begun()
    await uninstall(first.host, QUICK)
    for (const fault of crashes(first.host)) {
      const world = await begun()
      world.host.crashAt(fault)
      await uninstall(world.host, QUICK).catch(() => undefined)
      world.host.revive()
      expect(await uninstall(world.host, QUICK), JSON.stringify(fault)).toMatchObject({ ok: true })
      expect(world.snapshot(), JSON.stringify(fault)).toEqual(bare)
    }
  })
})
