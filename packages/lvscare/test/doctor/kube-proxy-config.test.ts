import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { excludeCommand, readKubeProxyConfig } from '../../src/doctor/kube-proxy-config.ts'

/** As kubeadm writes it. */
const KUBEADM = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clusterCIDR: 100.64.0.0/10
conntrack:
  maxPerCore: null
  min: null
detectLocalMode: ""
iptables:
  masqueradeAll: false
  syncPeriod: 0s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: ""
  strictARP: false
kind: KubeProxyConfiguration
metricsBindAddress: ""
mode: ipvs
nodePortAddresses: null
`

/** As people and other tools write it. */
const LISTS: ReadonlyArray<readonly [what: string, ipvs: string, list: readonly string[], form: string]> = [
  ['null', '  excludeCIDRs: null', [], 'inline'],
  ['nothing', '  excludeCIDRs:', [], 'inline'],
  ['an empty list', '  excludeCIDRs: []', [], 'inline'],
  [
    'one line',
    '  excludeCIDRs: ["10.0.0.1/32", \'fd00::1/128\', 10.0.0.2/32]',
    ['10.0.0.1/32', 'fd00::1/128', '10.0.0.2/32'],
    'inline',
  ],
  ['one line with a comment', '  excludeCIDRs: [10.0.0.1/32] # the "old" one', ['10.0.0.1/32'], 'inline'],
  [
    'a list',
    '  excludeCIDRs:\n  - 10.0.0.1/32\n  - "10.0.0.2/32"\n  minSyncPeriod: 0s',
    ['10.0.0.1/32', '10.0.0.2/32'],
    'block',
  ],
  [
    'a list with deeper items',
    '  minSyncPeriod: 0s\n  excludeCIDRs:\n    - 10.0.0.1/32\n    # no more',
    ['10.0.0.1/32'],
    'block',
  ],
  [
    'a deeper section',
    '    excludeCIDRs:\n        - 10.0.0.1/32\n    scheduler: rr',
    ['10.0.0.1/32'],
    'block',
  ],
  [
    'several lines in brackets',
    '  excludeCIDRs: [\n    10.0.0.1/32,\n    10.0.0.2/32\n  ]\n  scheduler: rr',
    ['10.0.0.1/32', '10.0.0.2/32'],
    'other',
  ],
  ['no list', '  scheduler: rr', [], 'absent'],
  ['the name of old versions', '  ExcludeCIDRs: ["10.0.0.1/32"]', ['10.0.0.1/32'], 'inline'],
  ['a comment that is none', '  scheduler: "a # b"\n  # excludeCIDRs: [10.9.9.9/32]', [], 'absent'],
]

describe('readKubeProxyConfig()', () => {
  it('reads what kubeadm writes', () => {
    expect(readKubeProxyConfig(KUBEADM)).toMatchObject({ mode: 'ipvs', excludeCidrs: [], form: 'inline' })
  })

  it.each(LISTS)('reads %s', (_what, ipvs, excludeCidrs, form) => {
    const text = `kind: KubeProxyConfiguration\nipvs:\n${ipvs}\nmode: "ipvs" # for now\n`
    expect(readKubeProxyConfig(text)).toMatchObject({ mode: 'ipvs', excludeCidrs, form })
  })

  it.each([
    ['mode: ""', ''],
    ["mode: 'nftables'", 'nftables'],
    ['# mode: ipvs', undefined],
    ['ipvs:\n  mode: wrong', undefined],
    ['---\nmode: iptables\n---\n', 'iptables'],
    ['', undefined],
  ])('reads the mode of %j', (text, mode) => expect(readKubeProxyConfig(text).mode).toBe(mode))

  it('reads JSON', () => {
    const text = JSON.stringify({ mode: 'ipvs', ipvs: { excludeCIDRs: ['10.0.0.1/32'] } })
    expect(readKubeProxyConfig(text)).toMatchObject({
      mode: 'ipvs',
      excludeCidrs: ['10.0.0.1/32'],
      form: 'other',
    })
    expect(readKubeProxyConfig('{"ipvs": null}')).toMatchObject({ mode: undefined, excludeCidrs: [] })
    expect(() => readKubeProxyConfig('{"mode')).toThrow(SyntaxError)
  })
})

/** The ConfigMap as `kubectl edit` shows it, with everything a second time in an annotation. */
function configMap(config: string): string {
  const indented = config
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
  return `apiVersion: v1
data:
  config.conf: |-
${indented.join('\n')}
  kubeconfig.conf: |-
    apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    last-applied: |
      ${JSON.stringify({ data: config })}
  name: kube-proxy
`
}

function configOf(map: string): string {
  const [, text = ''] = /config\.conf: \|-\n((?: {4}.*\n)+)/.exec(map) ?? []
  return text
}

/** Runs the editor of the command on a file, as kubectl does. */
function edited(command: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-edit-'))
  const file = join(folder, 'map.yaml')
  try {
    writeFileSync(file, text)
    const script = `kubectl() { sh -c "$KUBE_EDITOR '${file}'"; }; ${command}`
    expect(spawnSync('bash', ['-c', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('excludeCommand()', () => {
  const editable = LISTS.filter(([what, , , form]) => form !== 'other' && !what.startsWith('the name'))

  it.each(editable)(
    'adds a range to %s, keeps the others, and touches no other line',
    (_what, ipvs, list) => {
      const config = `kind: KubeProxyConfiguration\nipvs:\n${ipvs}\nmode: "ipvs"\n`
      const before = configMap(config)
      const after = edited(excludeCommand(readKubeProxyConfig(config), '10.103.97.2/32'), before)
      const { mode, excludeCidrs } = readKubeProxyConfig(configOf(after))
      expect(mode).toBe('ipvs')
      expect([...excludeCidrs].sort()).toEqual([...list, '10.103.97.2/32'].sort())
      const others = (text: string): string[] =>
        text.split('\n').filter((line) => !/^ *(excludeCIDRs|- )/.test(line))
      expect(others(after)).toEqual(others(before))
    },
  )

  it('only opens an editor where no line editor can be trusted', () => {
    const open = 'kubectl -n kube-system edit configmap kube-proxy'
    expect(excludeCommand(readKubeProxyConfig('{}'), 'x')).toBe(open)
    expect(excludeCommand(readKubeProxyConfig("ipvs:\n  excludeCIDRs: [a'; b]"), 'x')).toBe(open)
  })
})
