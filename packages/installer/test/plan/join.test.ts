import { describe, expect, it } from 'vitest'
import { CommandError, ConfigError } from '../../src/errors.ts'
import { HOSTS_FILE, RECORD_FILE } from '../../src/node/paths.ts'
import { join } from '../../src/plan/join.ts'
import { joinCommand } from '../../src/plan/join-command.ts'
import { plan } from '../../src/plan/plan.ts'
import { uninstall } from '../../src/plan/uninstall.ts'
import { plain, QUICK, VIP, World } from './world.ts'

const TOKEN = 'abcdef.0123456789abcdef'
const HASH = `sha256:${'a'.repeat(64)}`
const JOIN = { ...QUICK, token: TOKEN, caCertHashes: [HASH] }

function fresh(): World {
  const world = new World()
  world.kubeletRuns = false
  return world
}

describe('join()', () => {
  it('sets a worker up, joins through the virtual IP, and sees the guard take over', async () => {
    const world = fresh()
    const result = await join(plain(), world.host, JOIN)
    expect(result).toMatchObject({ ok: true, kubeadm: 'done', error: undefined, findings: [] })
    expect(world.joins).toEqual([['join', VIP, '--token', TOKEN, '--discovery-token-ca-cert-hash', HASH]])
    expect(world.host.kernel.guards.has(VIP)).toBe(true)
    expect(await plan(plain(), world.host, QUICK)).toMatchObject({ empty: true })
  })

  it('leads a control plane to the first one before, and to itself afterwards; later plans leave it so', async () => {
    const world = fresh()
    const config = plain({ role: 'control-plane', nodeAddress: '192.0.2.12' })
    world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: '192.0.2.12' }] }]
    const seen: (string | undefined)[] = []
    world.host.onExec(([program]) => {
      if (program === 'kubeadm') seen.push(world.host.text(HOSTS_FILE))
      return undefined
    })
    const result = await join(config, world.host, { ...JOIN, certificateKey: 'c'.repeat(64) })
    expect(result).toMatchObject({ ok: true, findings: [] })
    expect(seen.join()).toContain('192.0.2.11 apiserver.cluster.local')
    expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.12 apiserver.cluster.local')
    expect(world.joins[0]?.slice(0, 2)).toEqual(['join', '192.0.2.11:6443'])
    expect(world.joins[0]?.slice(-3)).toEqual(['--control-plane', '--certificate-key', 'c'.repeat(64)])
    expect(world.host.snapshot().rules).toEqual({})
    expect(await plan(config, world.host, QUICK)).toMatchObject({ empty: true, steps: [] })
  })

  it('keeps what was set up when kubeadm fails, shows no token, and goes on from there', async () => {
    const world = fresh()
    world.kubeadmFails = true
    const failed = await join(plain(), world.host, { ...JOIN, extraArgs: ['--v=5'] })
    expect(failed).toMatchObject({ ok: false, kubeadm: 'failed', after: undefined, before: { ok: true } })
    expect(failed.error).toBeInstanceOf(CommandError)
    expect(String(failed.error)).toContain('kubeadm join 10.103.97.2:6443 --token ***')
    expect(String(failed.error)).toContain('the token *** is not known')
    expect(String(failed.error)).not.toContain(TOKEN)
    expect(Object.keys(world.host.snapshot().rules)).toEqual([VIP])
    world.kubeadmFails = false
    expect(await join(plain(), world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'done' })
    expect(await join(plain(), world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'already' })
    expect(world.joins).toHaveLength(2)
  })

  describe('of a control plane', () => {
    const config = plain({ role: 'control-plane', nodeAddress: '192.0.2.19' })
    const options = { ...JOIN, certificateKey: 'c'.repeat(64) }

    function master(): World {
      const world = fresh()
      world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: '192.0.2.19' }] }]
      return world
    }

    it('that has ended half-way is not taken for done, and goes on after kubeadm reset', async () => {
      const world = master()
      world.kubeadmFails = 'half-way'
      expect(await join(config, world.host, options)).toMatchObject({ ok: false, kubeadm: 'failed' })
      const halfDone = world.snapshot()
      await expect(join(config, world.host, options)).rejects.toThrow(
        /192\.0\.2\.19:6443.*join-half-done.*kubeadm reset/,
      )
      expect(world.snapshot()).toEqual(halfDone)
      expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.11 apiserver.cluster.local')
      // Who knows better has kubeadm run again.
      expect(await join(config, world.host, { ...options, force: true })).toMatchObject({ kubeadm: 'failed' })
      expect(world.joins).toHaveLength(2)

      world.host.files.remove('/etc/kubernetes/kubelet.conf')
      world.kubeadmFails = false
      expect(await join(config, world.host, options)).toMatchObject({ ok: true, kubeadm: 'done' })
      expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.19 apiserver.cluster.local')
      // The record has it now, also while its apiserver is down.
      expect(await join(config, world.host, options)).toMatchObject({ ok: true, kubeadm: 'already' })
    })

    it('that was done while the installer was killed is seen by its own apiserver', async () => {
      const world = master()
      world.kubeadmFails = 'half-way'
      await join(config, world.host, options)
      world.servers.set('192.0.2.19:6443', 200)
      expect(await join(config, world.host, options)).toMatchObject({ ok: true, kubeadm: 'already' })
      expect(world.host.text(HOSTS_FILE)).toContain('192.0.2.19 apiserver.cluster.local')
    })
  })

  it('does not run kubeadm where the node could not be set up', async () => {
    const world = fresh()
    world.servers.clear()
    const before = world.snapshot()
    const result = await join(plain(), world.host, { ...JOIN, checkTimeoutMs: 20 })
    expect(result).toMatchObject({ ok: false, kubeadm: 'not-run', before: { ok: false, notUndone: [] } })
    expect(String(result.error)).toContain('no healthy server answers')
    expect(world.joins).toEqual([])
    expect(world.snapshot()).toEqual(before)
  })

  it('says that no guard has come where kubelet does not start it', async () => {
    const world = fresh()
    world.host.onExec(([program]) => (program === 'kubeadm' ? { code: 0 } : undefined))
    const result = await join(plain(), world.host, JOIN)
    expect(result).toMatchObject({ ok: true, kubeadm: 'done' })
    expect(result.findings.map(({ code }) => code)).toEqual(['guard-missing'])
  })

  it('ends when it is stopped, and takes back what it was about', async () => {
    const world = fresh()
    const before = world.snapshot()
    const stop = new AbortController()
    const onEvent = ({ step }: { step: { kind: string } }): void => {
      if (step.kind === 'rule') stop.abort(new Error('stopped by hand'))
    }
    const result = await join(plain(), world.host, { ...JOIN, signal: stop.signal, onEvent })
    expect(result).toMatchObject({ ok: false, kubeadm: 'not-run', before: { notUndone: [] } })
    expect(String(result.error)).toContain('stopped by hand')
    expect(world.snapshot()).toEqual(before)
  })

  it('says that the node has joined, whatever fails after that', async () => {
    const world = fresh()
    const stop = new AbortController()
    world.host.onExec(([program]) => {
      if (program === 'kubeadm') stop.abort(new Error('stopped by hand'))
      return program === 'kubeadm' ? { code: 0 } : undefined
    })
    const result = await join(plain(), world.host, { ...JOIN, signal: stop.signal })
    expect(result).toMatchObject({ ok: false, kubeadm: 'done', before: { ok: true } })
    expect(String(result.error)).toContain('stopped by hand')
    expect(Object.keys(world.host.snapshot().rules)).toEqual([VIP])
  })

  it('is taken back by uninstall, but for what kubeadm made', async () => {
    const world = fresh()
    const before = world.snapshot()
    await join(plain(), world.host, JOIN)
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true })
    expect(world.host.text(RECORD_FILE)).toBeUndefined()
    expect(world.host.files.list('/etc/kubernetes')).toEqual(['kubelet.conf'])
    for (const path of ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes']) world.host.files.remove(path)
    expect(world.snapshot()).toEqual(before)
  })
})

describe('joinCommand()', () => {
  it('passes the check of old releases that the manifest fails on purpose', () => {
    const words = (kubernetesVersion: string): readonly string[] =>
      joinCommand(plain({ kubernetesVersion }), JOIN)
    expect(words('1.22')).toContain('--ignore-preflight-errors=DirAvailable--etc-kubernetes-manifests')
    expect(words('1.23').join()).not.toContain('ignore')
  })

  it('takes another program, endpoint and more flags', () => {
    const more = { kubeadm: ['nsenter', '--', 'kubeadm'], endpoint: '192.0.2.1:6443', extraArgs: ['-v', '5'] }
    const words = joinCommand(plain({ servers: [], role: 'worker' }), { ...JOIN, ...more })
    expect(words.slice(0, 5)).toEqual(['nsenter', '--', 'kubeadm', 'join', '192.0.2.1:6443'])
    expect(words.slice(-2)).toEqual(['-v', '5'])
    expect(() => joinCommand(plain({ servers: [] }), JOIN)).toThrow(ConfigError)
  })

  it('tells kubeadm the address that the others have in their rules, and its port where it is another', () => {
    const words = (own: Parameters<typeof plain>[0]): string =>
      joinCommand(plain({ role: 'control-plane', nodeAddress: '192.0.2.12', ...own }), JOIN).join(' ')
    expect(words({})).toContain('--apiserver-advertise-address 192.0.2.12 --control-plane')
    expect(words({})).not.toContain('bind-port')
    const servers = ['192.0.2.11:7443', '192.0.2.12:7443']
    expect(words({ servers })).toContain(
      '--apiserver-advertise-address 192.0.2.12 --apiserver-bind-port 7443',
    )
    expect(joinCommand(plain(), JOIN).join(' ')).not.toContain('advertise')
  })

  it('spells the flag of control planes as old releases do', () => {
    const words = (kubernetesVersion: string): readonly string[] =>
      joinCommand(plain({ role: 'control-plane', nodeAddress: '192.0.2.12', kubernetesVersion }), JOIN)
    expect(words('1.14')).toContain('--experimental-control-plane')
    expect(words('1.15')).toContain('--control-plane')
  })

  it('refuses what kubeadm could not do, before anything is changed', async () => {
    const world = fresh()
    const before = world.snapshot()
    const first = plain({ role: 'first-control-plane', nodeAddress: '192.0.2.21' })
    await expect(join(first, world.host, JOIN)).rejects.toThrow(/^role "first-control-plane": must be worker/)
    const blind = { ...JOIN, caCertHashes: [], token: 'x' }
    await expect(join(plain(), world.host, blind)).rejects.toThrow(
      /join\.token: must be .*join\.caCertHashes/,
    )
    expect(world.snapshot()).toEqual(before)
    expect(world.joins).toEqual([])
  })
})
