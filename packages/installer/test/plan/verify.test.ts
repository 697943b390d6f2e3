import { describe, expect, it } from 'vitest'
import type { RawConfig } from '../../src/config/parse.ts'
import type { NodeHost } from '../../src/host/host.ts'
import { status } from '../../src/plan/status.ts'
import { verify } from '../../src/plan/verify.ts'
import { applied } from './scenarios.ts'
import { plain, QUICK, SERVERS, VIP, World } from './world.ts'

const MANIFEST = '/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml'

async function installed(own: RawConfig = {}): Promise<World> {
  const world = new World()
  await applied(world, plain(own))
  return world
}

async function codes(world: World, own: RawConfig = {}): Promise<string[]> {
  const found = await verify(plain(own), world.host, { ...QUICK, checkTimeoutMs: 50 })
  return found.map(({ code }) => code)
}

describe('verify()', () => {
  it('finds nothing where all is well', async () => {
    expect(await codes(await installed())).toEqual([])
    const roles = { role: 'first-control-plane', nodeAddress: '192.0.2.21' } as const
    expect(await codes(await installed(roles), roles)).toEqual([])
  })

  it.each([
    ['is late once', 1, []],
    ['hangs', Number.POSITIVE_INFINITY, ['guard-differs']],
  ])('tells a guard that %s from others', async (_what, silences, found) => {
    const world = await installed()
    const { rule } = world.host
    let asked = 0
    const observed: NodeHost = {
      ...world.host,
      rule: {
        ...rule,
        observe: async (virtual) => {
          const report = await rule.observe(virtual)
          asked += 1
          if (report === undefined || asked > silences) return report
          return { ...report, guard: null, guardError: 'the guard does not answer' }
        },
      },
    }
    const findings = await verify(plain(), observed, { ...QUICK, checkTimeoutMs: 50 })
    expect(findings.map(({ code }) => code)).toEqual(found)
  })

  it('changes nothing', async () => {
    const world = await installed()
    world.host.files.remove(MANIFEST)
    world.host.forget()
    await codes(world)
    expect(world.host.changes.filter(({ kind }) => kind !== 'exec')).toEqual([])
  })

  it.each<[string, (world: World) => void, string[]]>([
    ['no manifest', (world) => void world.host.files.remove(MANIFEST), ['manifest-missing']],
    [
      'an edited manifest',
      (world) => world.host.files.put(MANIFEST, (world.host.text(MANIFEST) ?? '').replace('25m', '1m')),
      ['manifest-differs'],
    ],
    [
      'a file that is missing',
      (world) => void world.host.files.remove('/etc/sysctl.d/90-lvscare.conf'),
      ['not-applied'],
    ],
    ['a setting', (world) => void world.settings.set('net.ipv4.vs.expire_nodest_conn', '0'), ['not-applied']],
    ['a module', (world) => void world.modules.delete('ip_vs_rr'), ['not-applied']],
    ['/etc/hosts', (world) => world.host.files.put('/etc/hosts', ''), ['not-applied']],
    ['no guard', (world) => void world.host.kernel.stopGuard(VIP), ['guard-missing']],
    [
      'a guard with other flags',
      (world) => world.host.kernel.startGuard({ flags: ['--vs', VIP, '--interval', '9', ...rs(SERVERS)] }),
      ['guard-differs'],
    ],
    [
      'a guard with other servers',
      (world) =>
        world.host.kernel.startGuard({
          flags: ['--vs', VIP, '--health-scheme=http', ...rs(SERVERS.slice(1))],
        }),
      ['guard-differs', 'rule-server-missing'],
    ],
    [
      'a stranger in the rule',
      (world) => setRule(world, [...SERVERS, '192.0.2.99:6443']),
      ['rule-server-foreign'],
    ],
    ['a server that is out', (world) => setRule(world, SERVERS.slice(1)), ['rule-server-missing']],
    [
      'no rule at all',
      (world) => {
        world.host.kernel.stopGuard(VIP)
        world.host.kernel.rules.clear()
      },
      ['rule-missing', 'vip-unhealthy', 'guard-missing'],
    ],
    ['nobody who answers', (world) => void world.servers.clear(), ['vip-unhealthy']],
  ])('finds %s', async (_name, damage, expected) => {
    const world = await installed()
    world.kubeletRuns = false
    damage(world)
    expect(await codes(world)).toEqual(expected)
  })

  it('tells what would have to be done for another configuration', async () => {
    const found = await verify(plain({ podName: 'other' }), (await installed()).host, QUICK)
    expect(found.map(({ code, path }) => [code, path])).toEqual([
      ['manifest-missing', '/etc/kubernetes/manifests/other.yaml'],
      ['not-applied', 'record /var/lib/lvscare/installer.json'],
      ['not-applied', `manifest ${MANIFEST}`],
      ['not-applied', 'record /var/lib/lvscare/installer.json (settled)'],
    ])
  })
})

describe('status()', () => {
  it('tells what is installed, as plain data without secrets', async () => {
    const world = await installed({ guard: { 'health-req-headers': 'authorization=secret' } })
    const found = await status(world.host)
    expect(JSON.stringify(found)).not.toContain('secret')
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    expect(found).toMatchObject({
      host: 'memory',
      installed: true,
      source: 'record',
      recordError: null,
      phase: 'before',
      config: { vip: '10.103.97.2', servers: SERVERS },
      hosts: ['10.103.97.2 apiserver.cluster.local'],
      services: [{ virtual: VIP, source: 'guard' }],
      pending: [],
      pendingError: null,
    })
    expect(found.files.map(({ path, state }) => [path, state])).toEqual([
      ['/etc/modules-load.d/lvscare.conf', 'ours'],
      ['/etc/sysctl.d/90-lvscare.conf', 'ours'],
      [MANIFEST, 'ours'],
    ])
  })

  it('tells of a node that was never set up, and of one whose record is lost', async () => {
    expect(await status(new World().host)).toMatchObject({
      installed: false,
      source: null,
      config: null,
      files: [],
      services: [],
      pending: [],
    })
    const world = await installed()
    world.host.files.put('/var/lib/lvscare/installer.json', '{')
    const found = await status(world.host)
    expect(found).toMatchObject({ installed: true, source: 'manifest', config: { servers: SERVERS } })
    expect(found.recordError).toMatch(/JSON/)
  })

  it('tells what it can where the program that knows the rule is gone', async () => {
    const { host } = await installed()
    const observe = async (): Promise<never> => {
      throw new Error('lvscare: not found')
    }
    const found = await status({ ...host, rule: { ...host.rule, observe } })
    expect(found).toMatchObject({ installed: true, services: [], pendingError: 'lvscare: not found' })
  })

  it('tells what another apply would do', async () => {
    const world = await installed()
    world.host.files.put('/etc/hosts', '')
    expect((await status(world.host)).pending).toEqual([
      {
        id: 'hosts /etc/hosts',
        kind: 'hosts',
        title: 'set 10.103.97.2 apiserver.cluster.local in /etc/hosts',
      },
    ])
  })
})

function rs(servers: readonly string[]): string[] {
  return servers.flatMap((server) => ['--rs', server])
}

function setRule(world: World, servers: readonly string[]): void {
  const members = new Map(servers.map((server) => [server, 1] as const))
  world.host.kernel.rules.set(VIP, { scheduler: 'rr', members })
}
