import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { DocumentError } from '../../src/errors.ts'
import { buildKubeadmConfig } from '../../src/kubeadm/build.ts'
import { documentList, kubeadmYaml } from '../../src/kubeadm/documents.ts'
import { mergeKubeadmConfig } from '../../src/kubeadm/merge.ts'
import type { MergeNote } from '../../src/kubeadm/merge-context.ts'
import { anyConfig, anyRelease, configOf, JOIN, release } from './fixture.ts'

const OURS = buildKubeadmConfig(configOf(), release(31))
const CLUSTER = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n'

function read(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS())
}

function notesOf(text: string, ours = OURS): MergeNote[] {
  const notes: MergeNote[] = []
  mergeKubeadmConfig(text, ours, (note) => notes.push(note))
  return notes
}

/** A user's cluster with what is given, and our cluster alone. */
function merged(rest: string): string {
  const { cluster } = OURS
  return mergeKubeadmConfig(CLUSTER + rest, cluster === undefined ? {} : { cluster })
}

const USER = `# our cluster, see the wiki
---
# runtime
apiVersion: kubeadm.k8s.io/v1beta4   # the new one
kind: ClusterConfiguration
clusterName: blue # not kubernetes
kubernetesVersion: v1.31.0
networking:
  # agreed with the network team
  serviceSubnet: 10.99.0.0/16
apiServer:
  certSANs:
    - lb.example.com # the old balancer
    - "127.0.0.1"

  extraArgs:
    - {name: audit-log-maxage, value: '0030'}
etcd:
  local: {dataDir: /data/etcd}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind:    KubeletConfiguration
maxPods:   0250   # octal? no
evictionHard: { memory.available:  "1.50Gi" }
---
just text
`

describe('mergeKubeadmConfig', () => {
  it('keeps comments, order, unknown documents and unknown fields', () => {
    expect(mergeKubeadmConfig(USER, OURS)).toBe(`# our cluster, see the wiki
---
# runtime
apiVersion: kubeadm.k8s.io/v1beta4 # the new one
kind: ClusterConfiguration
clusterName: blue # not kubernetes
kubernetesVersion: v1.31.0
networking:
  # agreed with the network team
  serviceSubnet: 10.99.0.0/16
  podSubnet: 100.64.0.0/10
apiServer:
  certSANs:
    - lb.example.com # the old balancer
    - "127.0.0.1"
    - apiserver.cluster.local
    - 192.168.72.50
    - 192.168.72.51
    - 192.168.72.52
    - 10.103.97.2

  extraArgs:
    - {name: audit-log-maxage, value: '0030'}
etcd:
  local: {dataDir: /data/etcd}
controlPlaneEndpoint: apiserver.cluster.local:6443
certificateValidityPeriod: 867240h
caCertificateValidityPeriod: 867240h
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind:    KubeletConfiguration
maxPods:   0250   # octal? no
evictionHard: { memory.available:  "1.50Gi" }
---
just text
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 192.168.72.50
  bindPort: 6443
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
ipvs:
  excludeCIDRs:
  - 10.103.97.2/32
`)
  })

  it('changes nothing the second time, not a byte', () => {
    const once = mergeKubeadmConfig(USER, OURS)
    expect(mergeKubeadmConfig(once, OURS)).toBe(once)
  })

  it('takes everything of ours into an empty text, and nothing into our own', () => {
    fc.assert(
      fc.property(
        anyConfig,
        anyRelease,
        fc.constantFrom('', '# mine\n', '# mine'),
        (config, version, text) => {
          const ours = buildKubeadmConfig(config, version)
          const result = mergeKubeadmConfig(text, ours)
          expect(result.startsWith(text)).toBe(true)
          expect(read(result)).toEqual(documentList(ours))
          expect(mergeKubeadmConfig(kubeadmYaml(ours), ours)).toBe(kubeadmYaml(ours))
        },
      ),
    )
  })

  it('moves from one set of servers to another without losing a name', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, anyRelease, (first, second, version) => {
        const [a, b] = [first, second].map((config) => buildKubeadmConfig(config, version))
        const [, cluster] = read(mergeKubeadmConfig(kubeadmYaml(a ?? {}), b ?? {}))
        const sans = new Set([
          ...(a?.cluster?.apiServer.certSANs ?? []),
          ...(b?.cluster?.apiServer.certSANs ?? []),
        ])
        expect(cluster).toMatchObject({
          controlPlaneEndpoint: b?.cluster?.controlPlaneEndpoint,
          networking: a?.cluster?.networking,
          apiServer: { certSANs: [...sans] },
        })
      }),
    )
  })

  it('loses nothing of what the user wrote, whatever that is', () => {
    const anything = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(anything, anything, fc.constantFrom(0, 2), (unknown, other, indent) => {
        const own = { apiServer: { extraVolumes: unknown }, etcd: other }
        const text = CLUSTER + (indent === 0 ? stringify(own, { indentSeq: false }) : stringify(own))
        const [before] = read(text)
        const [after] = read(mergeKubeadmConfig(`${text}# the end\n---\n# alone\n`, OURS))
        expect(after).toMatchObject({ ...Object(before), apiServer: { extraVolumes: unknown } })
      }),
    )
  })

  it('puts ours where a value is empty, and keeps the comment', () => {
    expect(merged('networking: # to be done\napiServer:\n')).toContain(
      'networking:\n  # to be done\n  podSubnet: 100.64.0.0/10\n',
    )
  })

  it.each([
    [
      'lists that are not indented',
      'apiServer:\n  certSANs:\n  - a\n',
      '\n  certSANs:\n  - a\n  - 127.0.0.1\n',
    ],
    [
      'lists that are indented',
      'apiServer:\n  certSANs:\n    - a\n',
      '\n  certSANs:\n    - a\n    - 127.0.0.1\n',
    ],
    ['four columns', 'apiServer:\n    certSANs:\n        - a\n', '\n        - a\n        - 127.0.0.1\n'],
    [
      'four columns, two for lists',
      'apiServer:\n    certSANs:\n      - a\n',
      '\n      - a\n      - 127.0.0.1\n',
    ],
  ])('keeps %s', (_, text, expected) => {
    expect(merged(text)).toContain(expected)
  })

  it('keeps lists in braces in braces', () => {
    expect(merged('apiServer: {certSANs: [x, "y"]}\n')).toContain('apiServer: {certSANs: [x, "y", 127.0.0.1,')
  })

  it('replaces the endpoint and says so, keeps everything else and says that', () => {
    const text = `${CLUSTER}controlPlaneEndpoint: "old:6443" # mine\nnetworking:\n  podSubnet: 10.0.0.0/8\n`
    expect(mergeKubeadmConfig(text, OURS)).toContain(
      'controlPlaneEndpoint: "apiserver.cluster.local:6443" # mine\n',
    )
    expect(notesOf(text)).toEqual([
      {
        action: 'replaced',
        kind: 'ClusterConfiguration',
        path: 'controlPlaneEndpoint',
        line: 3,
        column: 23,
        theirs: 'old:6443',
        ours: 'apiserver.cluster.local:6443',
      },
      expect.objectContaining({
        action: 'kept',
        path: 'networking.podSubnet',
        theirs: '10.0.0.0/8',
        line: 5,
      }),
    ])
  })

  it("keeps the user's mode of kube-proxy, with the virtual IP excluded", () => {
    const text =
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\nipvs: {excludeCIDRs: [10.1.1.1/32], strictARP: true}\n'
    expect(read(mergeKubeadmConfig(text, OURS))[0]).toMatchObject({
      mode: 'iptables',
      ipvs: { excludeCIDRs: ['10.1.1.1/32', '10.103.97.2/32'], strictARP: true },
    })
  })

  it("keeps the user's argument of the same name", () => {
    const { certificateKey: _, ...join } = JOIN
    const config = configOf({ nodeAddress: '192.168.72.60' })
    const ours = buildKubeadmConfig(config, release(31), { join }).join
    const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
nodeRegistration:
  kubeletExtraArgs:
  - name: v
    value: "4"
  - name: node-ip
    value: 192.0.2.9
discovery:
  bootstrapToken:
    token: zzzzzz.zzzzzzzzzzzzzzzz
`
    const documents = ours === undefined ? {} : { join: ours }
    expect(read(mergeKubeadmConfig(text, documents))[0]).toMatchObject({
      nodeRegistration: {
        kubeletExtraArgs: [
          { name: 'v', value: '4' },
          { name: 'node-ip', value: '192.0.2.9' },
        ],
      },
      discovery: { bootstrapToken: { token: 'zzzzzz.zzzzzzzzzzzzzzzz', caCertHashes: join.caCertHashes } },
    })
    expect(JSON.stringify(notesOf(text, documents))).not.toMatch(/zzzz|abcdef/)
  })

  it('keeps the line ends of another system', () => {
    const text = `${CLUSTER}networking:\n  dnsDomain: cluster.local\n`
    const result = mergeKubeadmConfig(text.replaceAll('\n', '\r\n'), OURS)
    expect(result).toBe(mergeKubeadmConfig(text, OURS).replaceAll('\n', '\r\n'))
    expect(result).not.toMatch(/[^\r]\n/)
  })

  it('keeps texts that look like numbers, and numbers that look like texts', () => {
    const rest =
      'etcd:\n  local:\n    extraArgs:\n    - {name: mode, value: 0644}\n    - {name: ratio, value: 1.50}\n    - {name: on, value: yes}\n'
    expect(merged(rest)).toContain(rest)
  })
})

describe('mergeKubeadmConfig refuses', () => {
  const PROXY = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n'
  it.each([
    ['a list without an end', `${CLUSTER}apiServer: {certSANs: [a\n`, /^line 4, column 1: /],
    ['a tab', `${CLUSTER}\tx: 1\n`, /^line 3, column 1: /],
    [
      'a key twice',
      `${CLUSTER}clusterName: a\nclusterName: b\n`,
      'line 4, column 1: Map keys must be unique',
    ],
    [
      'a kind twice',
      `${CLUSTER}---\n${CLUSTER}`,
      'line 4, column 1: a second ClusterConfiguration: the first is at line 1',
    ],
    [
      'a kind twice, in two versions',
      `${CLUSTER}---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n`,
      'line 4, column 1: a second ClusterConfiguration',
    ],
    [
      'a strange kind twice',
      `apiVersion: v1\nkind: X\n---\napiVersion: v1\nkind: X\n`,
      'line 4, column 1: a second X',
    ],
    [
      'another version of the API',
      'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n',
      'line 1, column 13: ClusterConfiguration is kubeadm.k8s.io/v1beta3, and kubeadm.k8s.io/v1beta4 is needed, kubeadm config migrate translates it',
    ],
    ['a map that is text', `${CLUSTER}networking: none\n`, 'line 3, column 13: networking must be a map'],
    [
      'a list that is text',
      `${CLUSTER}apiServer:\n  certSANs: a\n`,
      'line 4, column 13: apiServer.certSANs must be a list',
    ],
    [
      'a value that is a list',
      `${CLUSTER}kubernetesVersion: [a]\n`,
      'line 3, column 20: kubernetesVersion must be one value',
    ],
    [
      'an alias where something is added',
      `${CLUSTER}x: &n {}\nnetworking: *n\n`,
      'line 4, column 13: networking is an alias: write it out',
    ],
    [
      'an anchor where something is added',
      `${CLUSTER}apiServer:\n  certSANs: &a [a]\nx: *a\n`,
      'line 5, column 4: *a would change with &a: write it out',
    ],
    ['an alias of nothing', `${CLUSTER}x: *a\n`, 'line 3, column 4: *a stands for nothing: there is no &a'],
    [
      'an alias of itself',
      `${CLUSTER}x: &a {y: *a}\n`,
      'line 3, column 11: *a stands for nothing: it stands inside of &a',
    ],
    ['what the parser drops without a word', '? - a---\n ["\n', /this cannot be read/],
    ['a merge key', `x: &n {mode: a}\n${PROXY}<<: *n\n`, 'has a merge key <<: write it out'],
  ])('%s', (_, text, message) => {
    expect(() => mergeKubeadmConfig(text, OURS)).toThrow(DocumentError)
    expect(() => mergeKubeadmConfig(text, OURS)).toThrow(message)
  })

  it('nothing because of aliases of what does not change', () => {
    const rest =
      'etcd: &a [x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: &d [*c, *c, *c]\ne: [*d, *d, *d, *d, *d]\n'
    expect(merged(rest)).toContain('d: &d [*c, *c, *c]\n')
  })

  it('or merges anything, and never fails in another way', () => {
    const piece = fc.constantFrom(
      CLUSTER,
      '---\n',
      'apiServer:',
      '\n  certSANs:',
      ' [',
      ']',
      '{',
      '}',
      ' - a',
      '\n',
      '&a ',
      '*a',
      ': ',
      '"',
      '# x',
      '...\n',
      '%YAML 1.1\n',
      'networking: ',
      '|',
      '!!int ',
      '? ',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          const once = mergeKubeadmConfig(pieces.join(''), OURS)
          expect(mergeKubeadmConfig(once, OURS)).toBe(once)
        } catch (error) {
          expect(error).toBeInstanceOf(DocumentError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
