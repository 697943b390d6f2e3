import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig, type RawConfig } from '../../src/config/parse.ts'
import { apply } from '../../src/plan/apply.ts'
import { plan } from '../../src/plan/plan.ts'
import { uninstall } from '../../src/plan/uninstall.ts'
import { rawConfigs } from '../config/configs.ts'
import { QUICK, World } from './world.ts'

/** Nothing is asked of the servers: what they say is not what this is about. */
const HOW = { ...QUICK, skipCheck: true }

/** A node on which the configuration can be used. */
function nodeFor(raw: RawConfig, kubelet: boolean): World {
  const world = new World()
  world.kubeletRuns = kubelet
  world.host.files.put('/opt/images.tar', parseConfig(raw).image)
  world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: raw.nodeAddress ?? '192.0.2.254' }] }]
  return world
}

/** What every role can be set up with. */
const usable = rawConfigs.map((raw): RawConfig => ({ nodeAddress: '198.51.100.9', ...raw }))

describe('any configuration', () => {
  it('is applied once, and a second plan is empty; taken back, it leaves the node as it was', async () => {
    await fc.assert(
      fc.asyncProperty(usable, fc.boolean(), async (raw, kubelet) => {
        const config = parseConfig(raw)
        const world = nodeFor(raw, kubelet)
        const before = world.snapshot()
        const made = await plan(config, world.host, HOW)
        expect(await apply({ ...made, findings: [] })).toMatchObject({ ok: true })
        const again = await plan(config, world.host, HOW)
        expect(again.steps.map(({ title }) => title)).toEqual([])
        expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
        expect(world.snapshot()).toEqual(before)
      }),
      { numRuns: 60 },
    )
  })

  it('follows any other one, and leaves nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(usable, usable, fc.boolean(), async (first, second, kubelet) => {
        const [one, two] = [
          { ...first, nodeAddress: '198.51.100.9' },
          { ...second, nodeAddress: '198.51.100.9' },
        ]
        const world = nodeFor(two, kubelet)
        world.images.add(parseConfig(one).image)
        const direct = nodeFor(two, kubelet)
        direct.images.add(parseConfig(one).image)
        for (const raw of [one, two]) {
          const made = await plan(parseConfig(raw), world.host, HOW)
          expect(await apply({ ...made, findings: [] })).toMatchObject({ ok: true })
        }
        await apply({ ...(await plan(parseConfig(two), direct.host, HOW)), findings: [] })
        const left = Object.keys(world.host.snapshot().files).filter(
          (path) => !path.startsWith('/etc/kubernetes'),
        )
        const wanted = Object.keys(direct.host.snapshot().files).filter(
          (path) => !path.startsWith('/etc/kubernetes'),
        )
        expect(left).toEqual(wanted)
        expect(world.host.snapshot().rules).toEqual(direct.host.snapshot().rules)
        expect([...world.host.kernel.guards.keys()]).toEqual([...direct.host.kernel.guards.keys()])
        expect([...world.enabled]).toEqual([...direct.enabled])
      }),
      { numRuns: 60 },
    )
  })
})
