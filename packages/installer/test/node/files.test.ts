import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGuarded } from '../../src/config/config.ts'
import type { RawConfig } from '../../src/config/parse.ts'
import { buildNodeFiles } from '../../src/node/files.ts'
import { modulesOf, settingsOf } from '../../src/node/kernel.ts'
import { isWrittenByUs } from '../../src/node/paths.ts'
import { readStaticPod } from '../../src/pod/read.ts'
import { configOf, guardedConfigs } from '../pod/configs.ts'

const contents = (changes: RawConfig = {}): Map<string, string> =>
  new Map(buildNodeFiles(configOf(changes)).map(({ path, content }) => [path, content]))

describe('buildNodeFiles', () => {
  it('has modules, settings and the manifest of a worker', () => {
    const files = contents()
    expect(files.get('/etc/modules-load.d/lvscare.conf')).toBe(
      '# Written by lvscare-installer: what the guard needs of the kernel.\nip_vs\nip_vs_rr\ntcp_diag\n',
    )
    expect(files.get('/etc/sysctl.d/90-lvscare.conf')).toBe(
      '# Written by lvscare-installer: clients of a removed server hear of it.\n' +
        'net.ipv4.vs.expire_nodest_conn = 1\nnet.ipv4.vs.expire_quiescent_template = 1\n',
    )
    expect(
      readStaticPod(files.get('/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml') ?? '').foreign,
    ).toBe(false)
    expect(files.size).toBe(3)
  })

  it.each<[string, RawConfig]>([
    ['a control plane', { role: 'control-plane' }],
    ['a node without servers', { servers: [] }],
    ['a node without servers and with a boot unit', { servers: [], bootUnit: true }],
  ])('has nothing for %s', (_which, changes) => {
    expect(contents(changes).size).toBe(0)
  })

  it('has them for a control plane that is guarded, and the unit where it is wanted', () => {
    expect([
      ...contents({ role: 'control-plane', guardControlPlane: true, bootUnit: true, podName: 'g' }).keys(),
    ]).toEqual([
      '/etc/modules-load.d/lvscare.conf',
      '/etc/sysctl.d/90-lvscare.conf',
      '/etc/kubernetes/manifests/g.yaml',
      '/etc/systemd/system/lvscare-rule.service',
    ])
  })

  it('marks what is ours, hides what may be secret, and tells the sum of each file', () => {
    fc.assert(
      fc.property(guardedConfigs, (config) => {
        for (const { path, mode, content, sha256 } of buildNodeFiles(config)) {
          const isManifest = path.endsWith('.yaml')
          expect(mode).toBe(isManifest ? 0o600 : 0o644)
          expect(isManifest || isWrittenByUs(content)).toBe(true)
          expect(createHash('sha256').update(Buffer.from(content)).digest('hex')).toBe(sha256)
          expect(content.endsWith('\n')).toBe(true)
        }
        expect(buildNodeFiles(config).length > 0).toBe(isGuarded(config))
      }),
    )
  })

  it('knows a file that somebody else wrote', () => {
    expect(isWrittenByUs('# Written by lvscare-installer: x\n')).toBe(true)
    expect(isWrittenByUs('\n# Written by lvscare-installer\n')).toBe(false)
    expect(isWrittenByUs('')).toBe(false)
  })
})

describe('modulesOf and settingsOf', () => {
  it.each<[string, RawConfig['guard'] & object, string[], string[]]>([
    ['another scheduler', { scheduler: 'wlc' }, ['ip_vs', 'ip_vs_wlc'], ['tcp_diag']],
    ['no ended connections', { 'reset-connections': false }, ['ip_vs', 'ip_vs_rr'], []],
    [
      'a device',
      { mode: 'link' },
      ['ip_vs', 'ip_vs_rr', 'dummy'],
      ['nf_conntrack', 'nf_tables', 'nft_chain_nat', 'nft_ct', 'nft_masq', 'tcp_diag'],
    ],
  ])('know what %s takes', (_what, guard, required, optional) => {
    expect(modulesOf(configOf({ guard }))).toEqual({ required, optional })
  })

  it('track connections only for masquerading', () => {
    const names = (guard: RawConfig['guard'] & object): string[] =>
      settingsOf(configOf({ guard })).map(({ name }) => name)
    expect(names({ masquerade: true })).toContain('net.ipv4.vs.conntrack')
    expect(names({})).not.toContain('net.ipv4.vs.conntrack')
  })

  it('want nothing of a kernel that guards nothing', () => {
    expect(modulesOf(configOf({ servers: [] }))).toEqual({ required: [], optional: [] })
    expect(settingsOf(configOf({ servers: [] }))).toEqual([])
  })
})
