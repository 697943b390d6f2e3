import { describe, expect, it } from 'vitest'
import { HOSTS_FILE } from '../../src/node/paths.ts'
import { apply } from '../../src/plan/apply.ts'
import { join } from '../../src/plan/join.ts'
import { plan } from '../../src/plan/plan.ts'
import { applied } from './scenarios.ts'
import { plain, QUICK, VIP, World } from './world.ts'

const HASH = `sha256:${'a'.repeat(64)}`
const JOIN = { ...QUICK, token: 'abcdef.0123456789abcdef', caCertHashes: [HASH] }

function at(address: string): World {
  const world = new World()
  world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: address }] }]
  world.kubeletRuns = false
  return world
}

describe('the first control plane with a guard', () => {
  const config = plain({
    role: 'first-control-plane',
    nodeAddress: '192.0.2.11',
    guardControlPlane: true,
  })

  it('is set up before there is an apiserver that could answer, once, and follows afterwards', async () => {
    const world = at('192.0.2.11')
    world.servers.clear()
    expect(await applied(world, config)).toMatchObject({ ok: true })
    expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.11 apiserver.cluster.local')
    expect([...world.host.kernel.rules.keys()]).toEqual([VIP])
    expect(await plan(config, world.host, QUICK)).toMatchObject({ empty: true, steps: [] })

    const after = { ...QUICK, phase: 'after', checkTimeoutMs: 20 } as const
    expect(await apply(await plan(config, world.host, after))).toMatchObject({ ok: false })
    world.servers.set('192.0.2.11:6443', 200)
    expect(await apply(await plan(config, world.host, after))).toMatchObject({ ok: true })
    expect(world.host.text(HOSTS_FILE)).toContain('10.103.97.2 apiserver.cluster.local')
  })
})

describe('a control plane that joins again', () => {
  it('is led to the first one once more after kubeadm reset, for nobody listens on itself', async () => {
    const world = at('192.0.2.12')
    const config = plain({ role: 'control-plane', nodeAddress: '192.0.2.12' })
    expect(await join(config, world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'done' })
    world.host.files.remove('/etc/kubernetes/kubelet.conf')
    const seen: string[] = []
    world.host.onExec(([program]) => {
      if (program === 'kubeadm') seen.push(world.host.text(HOSTS_FILE) ?? '')
      return undefined
    })
    expect(await join(config, world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'done' })
    expect(seen).toEqual([expect.stringContaining('192.0.2.11 apiserver.cluster.local')])
    expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.12 apiserver.cluster.local')
  })

  it('is never led away from itself once it has joined, also where the record is lost', async () => {
    const world = at('192.0.2.12')
    const config = plain({ role: 'control-plane', nodeAddress: '192.0.2.12' })
    await join(config, world.host, JOIN)
    world.host.files.remove('/var/lib/lvscare/installer.json')
    const seen: string[] = []
    world.host.onOperation(({ what }, moment) => {
      if (moment === 'after' && what === HOSTS_FILE) seen.push(world.host.text(HOSTS_FILE) ?? '')
    })
    expect(await join(config, world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'already' })
    expect(seen.filter((text) => text.includes('192.0.2.11'))).toEqual([])
  })
})
