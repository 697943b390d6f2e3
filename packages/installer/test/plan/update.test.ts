import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/parse.ts'
import { RefusedError } from '../../src/errors.ts'
import { RECORD_FILE, UNIT_FILE } from '../../src/node/paths.ts'
import { planUpdate, updateServers } from '../../src/plan/update.ts'
import { applied } from './scenarios.ts'
import { guardOf, plain, QUICK, SERVERS, VIP, World } from './world.ts'

const MANIFEST = '/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml'

async function installed({ kubelet = true } = {}): Promise<World> {
  const world = new World()
  world.kubeletRuns = kubelet
  expect(await applied(world, plain())).toMatchObject({ ok: true })
  world.rulesSeen.splice(0)
  return world
}

function members(world: World): string[] {
  return Object.keys(world.host.snapshot().rules[VIP] ?? {})
}

describe('updateServers()', () => {
  it('leaves no real server of a removed apiserver behind, with a guard and without', async () => {
    for (const kubelet of [true, false]) {
      const world = await installed({ kubelet })
      world.servers.set('192.0.2.14:6443', 200)
      const list = ['192.0.2.11', '192.0.2.14:6443']
      expect(await updateServers(world.host, list, QUICK)).toMatchObject({ ok: true })
      expect(members(world)).toEqual(['192.0.2.11:6443', '192.0.2.14:6443'])
      expect(world.host.text(MANIFEST)).not.toContain('192.0.2.12')
      expect(await planUpdate(world.host, list, QUICK)).toMatchObject({ empty: true })
      expect(world.rulesSeen.every((servers) => servers.length > 0)).toBe(true)
    }
  })

  it('leaves the rule to a guard that runs, and waits until kubelet has started it again', async () => {
    const world = await installed()
    world.kubeletLag = 3
    world.host.forget()
    const result = await updateServers(world.host, SERVERS.slice(0, 2), QUICK)
    expect(result.done.map(({ kind }) => kind)).toEqual(['record', 'check', 'manifest', 'guard', 'check'])
    expect(world.host.changes.some(({ kind }) => kind === 'rule.set')).toBe(false)
    expect(guardOf(world, plain()).filter((word) => word.endsWith(':6443'))).toEqual([
      VIP,
      ...SERVERS.slice(0, 2),
    ])
  })

  it('gives the old manifest back when kubelet does not follow', async () => {
    const world = await installed()
    const before = world.snapshot()
    world.kubeletRuns = false
    const result = await updateServers(world.host, SERVERS.slice(0, 2), QUICK)
    expect(String(result.failed?.error)).toContain(
      'guards 192.0.2.11:6443, 192.0.2.12:6443, 192.0.2.13:6443, not',
    )
    expect(result).toMatchObject({ ok: false, notUndone: [], failed: { step: { kind: 'guard' } } })
    expect(world.snapshot()).toEqual(before)
  })

  it('refuses an empty list, and one of which nobody is healthy from this node', async () => {
    const world = await installed()
    const before = world.snapshot()
    world.servers.set('192.0.2.15:6443', 500)
    for (const [list, why] of [
      [[], 'the list of servers is empty'],
      [['192.0.2.15'], '192.0.2.15:6443: status 500'],
      [['192.0.2.15', '192.0.2.16'], '192.0.2.16:6443: memory: cannot connect'],
    ] as const) {
      await expect(updateServers(world.host, list, QUICK)).rejects.toThrow(RefusedError)
      await expect(updateServers(world.host, list, QUICK)).rejects.toThrow(why)
    }
    expect(world.snapshot()).toEqual(before)
  })

  it('takes a list with a sick server in it, and never gives up the healthy one', async () => {
    const world = await installed()
    const list = ['192.0.2.16', '192.0.2.13']
    expect(await updateServers(world.host, list, QUICK)).toMatchObject({ ok: true })
    expect(members(world)).toEqual(['192.0.2.13:6443'])
  })

  it('takes everything back when nobody answers through the virtual IP afterwards', async () => {
    const world = await installed()
    world.servers.set('192.0.2.14:6443', 200)
    const before = world.snapshot()
    const quick = { ...QUICK, checkTimeoutMs: 50 }
    const onEvent = ({ type, step }: { type: string; step: { kind: string } }): void => {
      if (type === 'done' && step.kind === 'guard') world.servers.set('192.0.2.14:6443', 503)
    }
    const result = await updateServers(world.host, ['192.0.2.14'], { ...quick, onEvent })
    expect(result).toMatchObject({ ok: false, failed: { step: { kind: 'check' } }, notUndone: [] })
    expect(world.snapshot()).toEqual(before)
  })

  it('reads the manifest where the record is lost, and refuses a node that was not set up', async () => {
    const world = await installed()
    world.host.files.remove(RECORD_FILE)
    expect(await updateServers(world.host, SERVERS.slice(1), QUICK)).toMatchObject({ ok: true })
    expect(members(world)).toEqual(SERVERS.slice(1))
    await expect(updateServers(new World().host, SERVERS, QUICK)).rejects.toThrow('nothing was set up here')
  })

  it('keeps name and unit where the record is lost: /etc/hosts and the unit tell of them', async () => {
    const world = new World()
    await applied(world, plain({ endpointName: 'api.example.org', bootUnit: true }))
    world.host.files.remove(RECORD_FILE)
    expect(await updateServers(world.host, SERVERS.slice(1), QUICK)).toMatchObject({ ok: true })
    expect(world.host.text('/etc/hosts')).toContain('10.103.97.2 api.example.org\n')
    expect(world.host.text(UNIT_FILE)).toContain(SERVERS[1])
    expect([...world.enabled]).toEqual(['lvscare-rule.service'])

    const edited = world.host.text('/etc/hosts')?.replace('api.example.org', 'NO_NAME') ?? ''
    world.host.files.put('/etc/hosts', edited)
    world.host.files.remove(RECORD_FILE)
    expect(await updateServers(world.host, SERVERS, QUICK)).toMatchObject({ ok: true })
  })

  it('gives a control plane another first master, and no rule', async () => {
    const world = new World()
    await applied(world, plain({ role: 'control-plane' }))
    expect(await updateServers(world.host, ['192.0.2.12', '192.0.2.13'], QUICK)).toMatchObject({ ok: true })
    expect(world.host.text('/etc/hosts')).toContain('192.0.2.12 apiserver.cluster.local')
    expect(world.host.snapshot().rules).toEqual({})
  })

  it('keeps all settings of the record', async () => {
    const world = new World()
    const config = plain({
      guard: { interval: '2s', 'health-req-headers': 'authorization=x' },
      sans: ['a.example'],
    })
    await applied(world, config)
    await updateServers(world.host, SERVERS.slice(0, 1), QUICK)
    const { config: raw } = JSON.parse(world.host.text(RECORD_FILE) ?? '')
    expect(parseConfig(raw)).toEqual(
      plain({
        servers: SERVERS.slice(0, 1),
        sans: ['a.example'],
        guard: { interval: '2s', 'health-req-headers': 'authorization=x' },
      }),
    )
  })
})
