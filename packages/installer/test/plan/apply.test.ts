import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../../src/config/parse.ts'
import { apply } from '../../src/plan/apply.ts'
import { plan } from '../../src/plan/plan.ts'
import { uninstall } from '../../src/plan/uninstall.ts'
import { plain, QUICK, VIP, World } from './world.ts'

describe('a worker', () => {
  it('is set up in order, and a second plan is empty', async () => {
    const world = new World()
    const first = await plan(plain(), world.host, QUICK)
    expect(first.findings.filter(({ severity }) => severity !== 'note')).toEqual([])
    expect(first.steps.map(({ id }) => id)).toEqual([
      'record /var/lib/lvscare/installer.json',
      'directory /etc/kubernetes',
      'directory /etc/kubernetes/manifests',
      'modules',
      'sysctls',
      'file /etc/modules-load.d/lvscare.conf',
      'file /etc/sysctl.d/90-lvscare.conf',
      'hosts /etc/hosts',
      `rule ${VIP}`,
      `check ${VIP}`,
      'manifest /etc/kubernetes/manifests/kube-sealyun-lvscare.yaml',
    ])
    const result = await apply(first)
    expect(result).toMatchObject({ ok: true, undone: [], notUndone: [] })
    const second = await plan(plain(), world.host, QUICK)
    expect(second.steps.map(({ id }) => id)).toEqual([`check ${VIP}`])
    expect(second.empty).toBe(true)
    expect(second.diff()).toBe('')
  })

  it('is taken back without a trace', async () => {
    const world = new World()
    const before = world.snapshot()
    expect(await apply(await plan(plain(), world.host, QUICK))).toMatchObject({ ok: true })
    expect(world.snapshot()).not.toEqual(before)
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true, notUndone: [] })
    expect(world.snapshot()).toEqual(before)
  })

  it('is bare again where there was not even /var or /etc/sysctl.d', async () => {
    const world = new World({ directories: [] })
    const before = world.snapshot()
    const made = await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20 })
    expect(await apply(made)).toMatchObject({ ok: true })
    await uninstall(world.host, QUICK)
    expect(world.snapshot()).toEqual(before)
    world.servers.clear()
    expect(await apply(await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20 }))).toMatchObject({
      ok: false,
    })
    expect(world.snapshot()).toEqual(before)
  })

  it('keeps the way to the virtual IP when only its port changes', async () => {
    const world = new World()
    world.kubeletRuns = false
    await apply(await plan(plain(), world.host, QUICK))
    for (const server of ['192.0.2.11', '192.0.2.12']) world.servers.set(`${server}:7443`, 200)
    const other = plain({ port: 7443, servers: ['192.0.2.11', '192.0.2.12'] })
    world.host.forget()
    expect(await apply(await plan(other, world.host, QUICK))).toMatchObject({ ok: true })
    const rules = world.host.changes.filter(({ kind }) => kind.startsWith('rule.'))
    expect(rules.map(({ kind, what }) => `${kind} ${what.split(' ')[1]}`)).toEqual([
      'rule.set 10.103.97.2:7443',
      `rule.clean ${VIP}`,
      'rule.set 10.103.97.2:7443',
    ])
  })

  it('gets its old rule back, with the way to it, when the new one shares the address and fails', async () => {
    const world = new World()
    world.kubeletRuns = false
    await apply(await plan(plain(), world.host, QUICK))
    const before = world.snapshot()
    const made = await plan(plain({ port: 7443 }), world.host, { ...QUICK, checkTimeoutMs: 20 })
    world.servers.clear()
    world.host.forget()
    expect(await apply(made)).toMatchObject({ ok: false, notUndone: [] })
    const rules = world.host.changes.filter(({ kind }) => kind.startsWith('rule.'))
    expect(rules.map(({ kind, what }) => `${kind} ${what.split(' ')[1]}`)).toEqual([
      'rule.set 10.103.97.2:7443',
      'rule.clean 10.103.97.2:7443',
      `rule.set ${VIP}`,
    ])
    expect(world.snapshot()).toEqual(before)
  })

  it('gets a unit that is started at boot, and its image where that is missing', async () => {
    const world = new World()
    world.host.files.put('/opt/lvscare.tar', 'registry.example/lvscare:2')
    const own = { bootUnit: true, image: 'registry.example/lvscare:2', imageArchive: '/opt/lvscare.tar' }
    expect(await apply(await plan(plain(own), world.host, QUICK))).toMatchObject({ ok: true })
    expect([...world.enabled]).toEqual(['lvscare-rule.service'])
    expect([...world.images]).toContain(own.image)
    world.enabled.clear()
    const again = await plan(plain(own), world.host, QUICK)
    expect(again.steps.map(({ kind }) => kind)).toEqual(['check', 'unit'])
    await apply(again)
    expect([...world.enabled]).toEqual(['lvscare-rule.service'])
    await uninstall(world.host, QUICK)
    expect([...world.enabled, ...world.images]).toEqual([DEFAULTS.images.hardened])
  })

  it('is taken back without a trace where there is no systemd for its unit', async () => {
    const world = new World()
    world.host.onExec((argv) => {
      if (argv[0] === 'systemctl') throw new Error('there is no such program')
      return undefined
    })
    const before = world.host.snapshot()
    const result = await apply(await plan(plain({ bootUnit: true }), world.host, QUICK))
    expect(result).toMatchObject({ ok: false, failed: { step: { kind: 'unit' } }, notUndone: [] })
    expect(world.host.snapshot()).toEqual(before)
  })

  it('is not set up with an archive that has another image, and does not keep what it has', async () => {
    const world = new World()
    world.host.files.put('/opt/lvscare.tar', 'registry.example/other:1')
    const own = { image: 'registry.example/lvscare:2', imageArchive: '/opt/lvscare.tar' }
    const result = await apply(await plan(plain(own), world.host, QUICK))
    expect(String(result.failed?.error)).toContain(
      'the archive /opt/lvscare.tar has no image registry.example/lvscare:2',
    )
    expect(result).toMatchObject({ ok: false, failed: { step: { kind: 'image' } } })
  })

  it('finds an image without a tag by the tag that a runtime gives it', async () => {
    const world = new World()
    world.images.add('localhost/guard:latest')
    const { findings } = await plan(plain({ image: 'localhost/guard' }), world.host, QUICK)
    expect(findings.map(({ code }) => code)).not.toContain('image-missing')
    world.images.add('docker.io/library/guard:latest')
    const archive = { image: 'guard', imageArchive: '/opt/lvscare.tar' }
    const { steps } = await plan(plain(archive), world.host, QUICK)
    expect(steps.map(({ kind }) => kind)).not.toContain('image')
  })

  it('takes an image away by the name that the runtime has given it', async () => {
    const world = new World()
    world.host.files.put('/opt/lvscare.tar', 'docker.io/library/guard:latest')
    const own = { image: 'guard', imageArchive: '/opt/lvscare.tar' }
    expect(await apply(await plan(plain(own), world.host, QUICK))).toMatchObject({ ok: true })
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect([...world.images]).toEqual([DEFAULTS.images.hardened])
  })

  it('keeps an image that may have been there before it was imported', async () => {
    const world = new World()
    world.host.files.put('/opt/lvscare.tar', 'registry.example/lvscare:2')
    world.images.add('registry.example/lvscare:2')
    let looks = 0
    world.host.onExec((argv) => {
      if (!argv.includes('list')) return undefined
      looks += 1
      return looks === 1 ? { code: 1, stderr: 'containerd is starting' } : undefined
    })
    const own = { image: 'registry.example/lvscare:2', imageArchive: '/opt/lvscare.tar' }
    const { steps, ...rest } = await plan(plain(own), world.host, QUICK)
    expect(steps.find(({ kind }) => kind === 'image')).toMatchObject({ reversible: false })
    expect(await apply({ steps, ...rest })).toMatchObject({ ok: true })
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect([...world.images]).toContain('registry.example/lvscare:2')
  })

  it('is warned of an image that nobody has', async () => {
    const world = new World()
    world.images.clear()
    const { findings } = await plan(plain(), world.host, QUICK)
    expect(findings.map(({ code }) => code)).toContain('image-missing')
  })
})

describe('a control plane', () => {
  it('gets its name in /etc/hosts and nothing else', async () => {
    const world = new World()
    const config = plain({ role: 'first-control-plane' })
    const made = await plan(config, world.host, QUICK)
    expect(made.steps.map(({ kind }) => kind)).toEqual(['record', 'hosts'])
    await apply(made)
    expect(world.host.text('/etc/hosts')).toContain('192.0.2.21 apiserver.cluster.local')
    expect(await plan(config, world.host, QUICK)).toMatchObject({ empty: true, steps: [] })
    expect(world.host.operations.some(({ kind }) => kind.startsWith('rule.'))).toBe(false)
  })
})

describe('apply()', () => {
  it('does nothing as a dry run, and tells of every step otherwise', async () => {
    const world = new World()
    const before = world.snapshot()
    const made = await plan(plain(), world.host, QUICK)
    expect(await apply(made, { dryRun: true })).toEqual(EMPTY)
    expect(world.snapshot()).toEqual(before)
    const told: string[] = []
    await apply(made, { onEvent: ({ type, step: { kind } }) => told.push(`${type} ${kind}`) })
    expect(told.slice(0, 4)).toEqual(['start record', 'done record', 'start directory', 'done directory'])
  })

  it('comes to a good end also when who listens fails, and then says so', async () => {
    const world = new World()
    const onEvent = (): void => {
      throw new Error('nobody reads this')
    }
    await expect(apply(await plan(plain(), world.host, QUICK), { onEvent })).rejects.toThrow('nobody reads')
    expect(await plan(plain(), world.host, QUICK)).toMatchObject({ empty: true })
  })

  it('keeps the record when something could not be taken back, and says what', async () => {
    const world = new World()
    const made = await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20 })
    world.servers.clear()
    const clean = async (): Promise<never> => {
      throw new Error('no way to clean')
    }
    const told: string[] = []
    Object.assign(world.host.rule, { clean })
    const result = await apply(made, { onEvent: ({ type, step: { kind } }) => told.push(`${type} ${kind}`) })
    expect(result.notUndone.map(({ step }) => step.kind)).toEqual(['rule'])
    expect(result.done.map(({ kind }) => kind)).toEqual(['record', 'modules'])
    expect(told).toContain('undo-failed rule')
    expect(world.host.text('/var/lib/lvscare/installer.json')).toBeDefined()
  })

  it('does not overwrite what somebody else has done since the plan was made, nor take it back', async () => {
    const world = new World()
    const path = '/etc/sysctl.d/90-lvscare.conf'
    const made = await plan(plain(), world.host, QUICK)
    world.host.files.put(path, 'net.ipv4.ip_forward = 1\n')
    const result = await apply(made)
    expect(String(result.failed?.error)).toContain(`${path} was changed by somebody else meanwhile`)
    expect(world.host.text(path)).toBe('net.ipv4.ip_forward = 1\n')
    expect(result.notUndone).toEqual([])
    expect(world.host.text('/var/lib/lvscare/installer.json')).toBeUndefined()
  })

  it('says so when somebody else has changed what is to be taken back', async () => {
    const world = new World()
    const path = '/etc/sysctl.d/90-lvscare.conf'
    const made = await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20 })
    world.servers.clear()
    const onEvent = ({ type, step: { kind } }: { type: string; step: { kind: string } }): void => {
      if (type === 'start' && kind === 'check') world.host.files.put(path, 'edited\n')
    }
    const result = await apply(made, { onEvent })
    expect(result.notUndone.map(({ step }) => step.id)).toEqual([`file ${path}`])
    expect(world.host.text(path)).toBe('edited\n')
    expect(world.host.text('/var/lib/lvscare/installer.json')).toBeDefined()
  })
})

it('gives back the rule of somebody else, whose scheduler would not take our flags', async () => {
  const world = new World()
  world.kubeletRuns = false
  const members = new Map([
    ['192.0.2.11:6443', 1],
    ['192.0.2.77:6443', 1],
  ])
  world.host.kernel.rules.set(VIP, { scheduler: 'rr', members })
  const before = world.snapshot()
  const options = { ...QUICK, checkTimeoutMs: 20 }
  world.host.onConnect((address) => {
    if (address === '10.103.97.2') throw new Error('EHOSTUNREACH')
    return undefined
  })
  const config = plain({ guard: { scheduler: 'wrr', 'slow-start': '30s' } })
  const result = await apply(await plan(config, world.host, options))
  expect(result).toMatchObject({ ok: false, failed: { step: { id: `check ${VIP}` } }, notUndone: [] })
  expect(world.snapshot()).toEqual(before)
})

const EMPTY = { ok: true, done: [], failed: undefined, undone: [], notUndone: [] }
