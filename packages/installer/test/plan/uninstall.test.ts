import { describe, expect, it } from 'vitest'
import { HOSTS_FILE, RECORD_FILE } from '../../src/node/paths.ts'
import { apply } from '../../src/plan/apply.ts'
import { planUninstall, uninstall } from '../../src/plan/uninstall.ts'
import { applied } from './scenarios.ts'
import { plain, QUICK, VIP, World } from './world.ts'

const MANIFEST = '/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml'

async function installed(kubelet = false): Promise<World> {
  const world = new World()
  world.kubeletRuns = kubelet
  expect(await applied(world, plain())).toMatchObject({ ok: true })
  return world
}

const BARE = new World().snapshot()

describe('uninstall()', () => {
  it('removes the manifest, waits for the guard, and takes its rule then', async () => {
    const world = await installed(true)
    world.kubeletLag = 3
    const { steps } = await planUninstall(world.host, QUICK)
    expect(steps.map(({ id }) => id)).toEqual([
      `manifest ${MANIFEST}`,
      `guard ${VIP}`,
      `rule ${VIP}`,
      `hosts ${HOSTS_FILE}`,
      'file /etc/modules-load.d/lvscare.conf',
      'file /etc/sysctl.d/90-lvscare.conf',
      'directory /etc/kubernetes/manifests',
      'directory /etc/kubernetes',
      `record ${RECORD_FILE}`,
    ])
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true, notUndone: [] })
    expect(world.snapshot()).toEqual(BARE)
    expect(await planUninstall(world.host, QUICK)).toMatchObject({ empty: true, steps: [] })
  })

  it('comes to its end where containerd has gone with the image that was imported', async () => {
    const world = new World()
    world.host.files.put('/opt/lvscare.tar', 'registry.example/lvscare:2')
    const own = { image: 'registry.example/lvscare:2', imageArchive: '/opt/lvscare.tar' }
    expect(await applied(world, plain(own))).toMatchObject({ ok: true })
    world.host.onExec(([program]) => {
      if (program === 'ctr') throw new Error('there is no such program')
      return undefined
    })
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true, notUndone: [] })
    expect(await planUninstall(world.host, QUICK)).toMatchObject({ empty: true })
  })

  it('leaves /etc/hosts alone where it is no plain file, and says so', async () => {
    const world = await installed()
    world.host.files.remove(HOSTS_FILE)
    world.host.files.putOther(HOSTS_FILE)
    const { steps, findings } = await planUninstall(world.host, QUICK)
    expect(steps.map(({ kind }) => kind)).not.toContain('hosts')
    expect(findings).toMatchObject([{ code: 'not-a-file', severity: 'warning', path: HOSTS_FILE }])
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(world.host.files.stat(HOSTS_FILE)).toMatchObject({ kind: 'other' })
  })

  it('leaves /etc/hosts alone where it has become a link since it was looked at', async () => {
    const world = await installed()
    const plan = await planUninstall(world.host, QUICK)
    world.host.files.remove(HOSTS_FILE)
    world.host.files.putOther(HOSTS_FILE)
    const result = await apply(plan)
    expect(String(result.failed?.error)).toContain(
      '/etc/hosts is no plain file any more: it is left as it is',
    )
    expect(world.host.files.stat(HOSTS_FILE)).toMatchObject({ kind: 'other' })
    expect(world.host.text(RECORD_FILE)).toBeDefined()
  })

  it('does everything else when the guard stays, says so, and remembers until the second time', async () => {
    const world = await installed(true)
    world.kubeletRuns = false
    const result = await uninstall(world.host, QUICK)
    expect(result.ok).toBe(false)
    expect(String(result.failed?.error)).toContain('the guard (pid 4242) still runs: is kubelet running')
    expect(result.done.map(({ kind }) => kind)).toEqual([
      'manifest',
      'rule',
      'hosts',
      'file',
      'file',
      'directory',
      'directory',
    ])
    expect(world.host.text(RECORD_FILE)).toBeDefined()
    world.kubeletRuns = true
    world.kubelet()
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(world.snapshot()).toEqual(BARE)
  })

  it('manages without any one of the pieces', async () => {
    const pieces = ['/etc/modules-load.d/lvscare.conf', '/etc/sysctl.d/90-lvscare.conf', MANIFEST, HOSTS_FILE]
    for (const path of pieces) {
      const world = await installed()
      world.host.files.remove(path)
      expect(await uninstall(world.host, QUICK), path).toMatchObject({ ok: true })
      world.host.files.put(HOSTS_FILE, world.host.text(HOSTS_FILE) ?? new World().host.text(HOSTS_FILE) ?? '')
      expect(world.snapshot(), path).toEqual(BARE)
    }
  })

  it('reads the manifest where the record is lost or damaged; directories that nobody remembers stay', async () => {
    for (const text of [undefined, '{ "version": 1', '{"version": 2}']) {
      const world = await installed()
      if (text === undefined) world.host.files.remove(RECORD_FILE)
      else world.host.files.put(RECORD_FILE, text)
      expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
      expect(world.host.files.list('/etc/kubernetes/manifests')).toEqual([])
      for (const path of ['/etc/kubernetes/manifests', '/etc/kubernetes']) world.host.files.remove(path)
      expect(world.snapshot()).toEqual(BARE)
    }
  })

  it('takes the virtual IP from the caller where nobody else knows it', async () => {
    const world = await installed()
    for (const path of [RECORD_FILE, MANIFEST]) world.host.files.remove(path)
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(Object.keys(world.host.snapshot().rules)).toEqual([VIP])
    expect(await uninstall(world.host, { ...QUICK, config: { vip: '10.103.97.2' } })).toMatchObject({
      ok: true,
    })
    expect(world.host.snapshot().rules).toEqual({})
  })

  it('keeps our lines in /etc/hosts when asked to, and takes them later', async () => {
    const world = await installed()
    await uninstall(world.host, { ...QUICK, keepHosts: true })
    expect(world.host.text(HOSTS_FILE)).toContain('10.103.97.2 apiserver.cluster.local')
    expect(world.host.text(RECORD_FILE)).toBeUndefined()
    await uninstall(world.host, QUICK)
    expect(world.snapshot()).toEqual(BARE)
  })

  it('leaves the files of others, at our paths and in our directories', async () => {
    const world = await installed()
    world.host.files.put('/etc/sysctl.d/90-lvscare.conf', 'net.ipv4.ip_forward = 1\n')
    world.host.files.put('/etc/kubernetes/manifests/kube-apiserver.yaml', 'kind: Pod\n')
    world.host.files.put('/var/lib/lvscare/notes', 'of somebody else')
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(world.host.text('/etc/sysctl.d/90-lvscare.conf')).toBe('net.ipv4.ip_forward = 1\n')
    expect(world.host.text('/etc/kubernetes/manifests/kube-apiserver.yaml')).toBe('kind: Pod\n')
    expect(world.host.text('/var/lib/lvscare/notes')).toBe('of somebody else')
    expect(world.host.text(RECORD_FILE)).toBeUndefined()
  })

  it('goes on where the program that knows the rule is gone', async () => {
    const world = await installed()
    const host = { ...world.host, rule: { ...world.host.rule, observe: fails, clean: fails } }
    const result = await uninstall(host, QUICK)
    expect(result.notUndone.map(({ step }) => step.kind)).toEqual(['rule'])
    expect(world.host.text(MANIFEST)).toBeUndefined()
    expect(world.host.text(HOSTS_FILE)).not.toContain('lvscare')
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(world.snapshot()).toEqual(BARE)
  })

  it('has nothing to do on a bare node', async () => {
    expect(await planUninstall(new World().host, QUICK)).toMatchObject({
      empty: true,
      steps: [],
      findings: [],
    })
  })
})

async function fails(): Promise<never> {
  throw new Error('lvscare: not found')
}
