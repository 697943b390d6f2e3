import { describe, expect, it } from 'vitest'
import { RefusedError } from '../../src/errors.ts'
import { HOSTS_FILE, RECORD_FILE } from '../../src/node/paths.ts'
import { apply } from '../../src/plan/apply.ts'
import { FORCEABLE } from '../../src/plan/findings.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Plan } from '../../src/plan/step.ts'
import { uninstall } from '../../src/plan/uninstall.ts'
import { applied } from './scenarios.ts'
import { plain, QUICK, World } from './world.ts'

const MANIFEST = '/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml'

function errors({ findings }: Plan): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${code} ${path}`)
}

describe('a file of somebody else', () => {
  const FOREIGN: readonly (readonly [string, string])[] = [
    [MANIFEST, 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: x}]}\n'],
    [MANIFEST, 'not a manifest'],
    ['/etc/sysctl.d/90-lvscare.conf', 'net.ipv4.ip_forward = 1\n'],
    ['/etc/modules-load.d/lvscare.conf', ''],
  ]

  it.each(FOREIGN)('at %s is refused, and nothing is changed', async (path, text) => {
    const world = new World()
    world.host.files.put(path, text)
    const before = world.snapshot()
    const made = await plan(plain(), world.host, QUICK)
    expect(errors(made)).toEqual([`foreign-file ${path}`])
    await expect(apply(made)).rejects.toThrow(RefusedError)
    await expect(apply(made, { dryRun: true })).rejects.toThrow('(foreign-file)')
    expect(world.snapshot()).toEqual(before)
  })

  it.each(FOREIGN)(
    'at %s is replaced with force, and given back when something fails',
    async (path, text) => {
      const world = new World()
      world.host.files.put(path, { content: text, mode: 0o640 })
      const before = world.snapshot()
      world.servers.clear()
      const made = await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20, force: true })
      expect(made.findings.find(({ code }) => code === 'foreign-file')?.severity).toBe('warning')
      expect(await apply(made)).toMatchObject({ ok: false, notUndone: [] })
      expect(world.snapshot()).toEqual(before)
      world.servers.set('192.0.2.11:6443', 200)
      expect(await apply(await plan(plain(), world.host, { ...QUICK, force: true }))).toMatchObject({
        ok: true,
      })
      expect(world.host.text(path)).not.toBe(text)
    },
  )

  it('is never what a link or a directory stands for, also with force', async () => {
    for (const path of [MANIFEST, HOSTS_FILE, RECORD_FILE]) {
      const world = new World()
      world.host.files.remove(path)
      world.host.files.putOther(path)
      const made = await plan(plain(), world.host, { ...QUICK, force: true })
      expect(errors(made)).toEqual([`not-a-file ${path}`])
      await expect(apply(made)).rejects.toThrow('a link, or something else that is no plain file')
    }
  })
})

describe('a file of ours that somebody has edited', () => {
  it.each([
    ['/etc/sysctl.d/90-lvscare.conf', (text: string) => text.replaceAll('= 1', '= 0')],
    [MANIFEST, (text: string) => text.replace('cpu: 25m', 'cpu: 1m')],
    [HOSTS_FILE, (text: string) => text.replace('10.103.97.2', '10.103.97.9')],
  ])('at %s is changed back, and the diff shows it', async (path, edit) => {
    const world = new World()
    await applied(world, plain())
    const good = world.host.text(path) ?? ''
    world.host.files.put(path, { content: edit(good), mode: world.host.files.stat(path)?.mode ?? 0 })
    const made = await plan(plain(), world.host, QUICK)
    expect(made.steps.filter(({ kind }) => kind !== 'check').map(({ id }) => id.split(' ')[1])).toEqual([
      path,
    ])
    expect(made.diff()).toMatch(/^-.*\n\+/m)
    expect(await apply(made)).toMatchObject({ ok: true })
    expect(world.host.text(path)).toBe(good)
  })

  it('gets its mode back', async () => {
    const world = new World()
    await applied(world, plain())
    world.host.files.put(MANIFEST, { content: world.host.text(MANIFEST) ?? '', mode: 0o644 })
    const made = await plan(plain(), world.host, QUICK)
    expect(made.diff()).toBe(`# set the mode of ${MANIFEST} (mode 0644 -> 0600)\n`)
    await apply(made)
    expect(world.host.files.stat(MANIFEST)?.mode).toBe(0o600)
  })
})

describe('/etc/hosts', () => {
  it.each([
    '127.0.0.1 localhost',
    '127.0.0.1 localhost\r\n10.0.0.1\tx\r\n',
    '',
    'caf\xe9 \xff\x00\n# comment',
  ])('comes back to the byte: %j', async (text) => {
    const world = new World({
      files: { [HOSTS_FILE]: { content: Buffer.from(text, 'latin1'), mode: 0o600 } },
    })
    const before = world.snapshot()
    expect(await applied(world, plain())).toMatchObject({ ok: true })
    expect(world.host.files.stat(HOSTS_FILE)?.mode).toBe(0o600)
    expect(await plan(plain(), world.host, QUICK)).toMatchObject({ empty: true })
    await uninstall(world.host, QUICK)
    expect(world.snapshot()).toEqual(before)
  })

  it('keeps what somebody adds while a plan is carried out, and when it is taken back', async () => {
    const world = new World()
    const made = await plan(plain(), world.host, { ...QUICK, checkTimeoutMs: 20 })
    const append = (text: string): void =>
      world.host.files.put(HOSTS_FILE, `${world.host.text(HOSTS_FILE)}${text}`)
    append('10.0.0.1 early\n')
    world.servers.clear()
    const onEvent = ({ type, step }: { type: string; step: { kind: string } }): void => {
      if (type === 'done' && step.kind === 'hosts') append('10.0.0.2 late\n')
    }
    expect(await apply(made, { onEvent })).toMatchObject({ ok: false, notUndone: [] })
    expect(world.host.text(HOSTS_FILE)).toBe(
      `${new World().host.text(HOSTS_FILE)}10.0.0.1 early\n10.0.0.2 late\n`,
    )
  })

  it('with another address for the name is refused without force', async () => {
    const world = new World()
    world.host.files.put(HOSTS_FILE, '10.9.9.9 apiserver.cluster.local\n')
    expect(errors(await plan(plain(), world.host, QUICK))).toEqual([`hosts-foreign-line ${HOSTS_FILE}`])
    expect(errors(await plan(plain(), world.host, { ...QUICK, force: true }))).toEqual([])
  })
})

describe('a second guard', () => {
  it('is one whose manifest is not about to be replaced', async () => {
    const world = new World()
    await applied(world, plain())
    const other = '/etc/kubernetes/manifests/kube-sealos-lvscare.yaml'
    const text = (world.host.text(MANIFEST) ?? '').replaceAll('kube-sealyun', 'kube-sealos')
    world.host.files.put(other, text)
    // What kubelet cannot read hides nothing else.
    world.host.files.put('/etc/kubernetes/manifests/alias.yaml', 'kind: *nobody\n')
    world.host.files.put('/etc/kubernetes/manifests/circle.yaml', 'apiVersion: v1\nkind: &k [*k]\n')
    expect(errors(await plan(plain(), world.host, QUICK))).toEqual([`second-guard ${other}`])
    world.host.files.remove(other)
    expect(errors(await plan(plain({ podName: 'kube-sealos-lvscare' }), world.host, QUICK))).toEqual([])
  })
})

it('a record that cannot be read is not overwritten without force', async () => {
  const world = new World()
  world.host.files.put(RECORD_FILE, '{"version": 9}')
  const made = await plan(plain(), world.host, QUICK)
  expect(errors(made)).toEqual([`record-damaged ${RECORD_FILE}`])
  expect(made.findings.map(({ message }) => message).join()).toContain('must have the version 1, not 9')
  expect(await apply(await plan(plain(), world.host, { ...QUICK, force: true }))).toMatchObject({ ok: true })
})

it('what would not work is refused with force too', async () => {
  const world = new World()
  world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: '192.0.2.21' }, { local: '10.103.97.2' }] }]
  const made = await plan(plain(), world.host, { ...QUICK, force: true })
  expect(errors(made)).toEqual(['vip-on-interface vip'])
  expect(FORCEABLE).not.toContain('vip-on-interface')
})
