import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InstallerConfig } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { expanded, withoutExpansion } from '../../src/pod/expansion.ts'
import { readStaticPod } from '../../src/pod/read.ts'
import { buildStaticPod } from '../../src/pod/static-pod.ts'
import { toYaml } from '../../src/pod/yaml.ts'
import { configOf, guardedConfigs, nastyText } from './configs.ts'

describe('readStaticPod', () => {
  it('gives back what a manifest carries', () => {
    fc.assert(
      fc.property(guardedConfigs, (config) => {
        const pod = buildStaticPod(config)
        const reading = readStaticPod(toYaml(pod))
        if (reading.foreign) throw new Error(reading.why)
        expect(carried(parseConfig(reading.config))).toEqual(carried(config))
        expect(toYaml(reading.pod)).toBe(toYaml(pod))
      }),
      { numRuns: 150 },
    )
  })

  it('reads what sealos writes', () => {
    const text = `apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: null
  name: kube-sealos-lvscare
  namespace: kube-system
spec:
  containers:
  - args: [care, --vs, "10.103.97.2:6443", --health-path, /healthz, --health-schem, https, --rs, "10.0.0.1:6443", --health-status, "401"]
    command: [/usr/bin/lvscare]
    image: sealos.hub:5000/sealos/lvscare:latest
    imagePullPolicy: IfNotPresent
    name: kube-sealos-lvscare
    resources: {}
    securityContext:
      privileged: true
  hostNetwork: true
  priorityClassName: system-node-critical
status: {}
`
    expect(readStaticPod(text)).toMatchObject({
      foreign: false,
      config: {
        vip: '10.103.97.2',
        port: 6443,
        servers: ['10.0.0.1:6443'],
        podName: 'kube-sealos-lvscare',
        image: 'sealos.hub:5000/sealos/lvscare:latest',
        profile: 'sealos',
        guard: { 'health-path': '/healthz', 'health-scheme': 'https', 'health-status': ['401'] },
      },
    })
  })

  it('takes the whole command line from the command, or the program from the image', () => {
    const known = toYaml(buildStaticPod(configOf()))
    const without = known.replace('    command:\n    - /usr/bin/lvscare\n', '')
    const whole = known
      .replace('    command:\n    - /usr/bin/lvscare\n', '')
      .replace('  - args:\n', '  - command:\n    - lvscare\n')
    expect(without).not.toBe(known)
    for (const text of [without, whole]) {
      const reading = readStaticPod(text)
      expect(reading.foreign ? reading.why : reading.config.servers).toHaveLength(3)
    }
  })

  it.each([
    ['--ip', '--ip\n    - 192.0.2.7\n    - --vs', '192.0.2.7'],
    ['the environment', '--vs', '192.168.72.53'],
    ['--ip from the environment', '--ip\n    - $(LVSCARE_NODE_IP)\n    - --vs', '192.168.72.53'],
  ])('takes the address from %s', (_where, flag, address) => {
    const reading = readStaticPod(toYaml(buildStaticPod(configOf())).replace('--vs', flag))
    expect(reading.foreign ? reading.why : reading.config.nodeAddress).toBe(address)
  })

  it('passes over an address that the guard would pass over', () => {
    const reading = readStaticPod(toYaml(buildStaticPod(configOf())).replace('192.168.72.53', 'node-1'))
    expect(reading.foreign ? reading.why : reading.config.nodeAddress).toBeUndefined()
  })

  const guard = toYaml(buildStaticPod(configOf()))
  it.each([
    ['nothing', '', 'is no object of Kubernetes'],
    ['a text', 'hello', 'is no object of Kubernetes'],
    ['broken YAML', 'a: [', 'is not YAML: '],
    ['an alias of nothing', 'a: *b', 'is not YAML: '],
    ['an alias of what is around it', 'apiVersion: v1\nkind: &k [*k]\n', 'is not YAML: Converting circular'],
    ['two documents', `${guard}---\n${guard}`, 'has 2 documents'],
    ['another object', guard.replace('kind: Pod', 'kind: Node'), 'is "v1" "Node", not v1 Pod'],
    ['no spec', 'apiVersion: v1\nkind: Pod\n', 'has no spec'],
    ['no container', 'apiVersion: v1\nkind: Pod\nspec: {}\n', 'has 0 containers'],
    [
      'two containers',
      guard.replace('  containers:', '  initContainers: [{}]\n  containers:'),
      'has 2 containers',
    ],
    ['another program', guard.replace('- care', '- serve'), 'does not run "lvscare care"'],
    [
      'a guard that does not stay',
      guard.replace('- care', '- care\n    - --run-once'),
      'does not run "lvscare care"',
    ],
    ['a flag nobody knows', guard.replace('- care', '- care\n    - --foo=1'), 'does not run "lvscare care"'],
    [
      'flags by the environment',
      guard.replace('LVSCARE_NODE_IP', 'CARE_MODE'),
      'sets "CARE_MODE" in its environment',
    ],
    [
      'an environment from elsewhere',
      guard.replace('    env:', '    envFrom: []\n    env:'),
      'takes its environment from elsewhere',
    ],
    [
      'an argument that is no text',
      guard.replace('- care', '- care\n    - off'),
      'has args that is not text: false',
    ],
    ['no image', guard.replace(/ {4}image: .*\n/, ''), 'has no image'],
    [
      'a name that we cannot have',
      guard.replace('  name: kube-sealyun-lvscare\n  namespace', '  name: a.b\n  namespace'),
      'cannot be taken over: podName "a.b"',
    ],
  ])('knows that %s is not ours to change', (_what, text, why) => {
    const reading = readStaticPod(text)
    expect(reading.foreign && reading.why).toContain(why)
  })

  it('says something about whatever it is given', () => {
    const cuts = fc
      .tuple(guardedConfigs, fc.nat(), fc.nat({ max: 40 }), nastyText)
      .map(([config, at, length, more]) => {
        const text = toYaml(buildStaticPod(config))
        const start = at % text.length
        return text.slice(0, start) + more + text.slice(start + length)
      })
    fc.assert(
      fc.property(fc.oneof(cuts, fc.string(), nastyText), (text) => {
        const reading = readStaticPod(text)
        if (reading.foreign) expect(reading.why).not.toBe('')
        else parseConfig(reading.config)
      }),
      { numRuns: 500 },
    )
  })
})

describe('expanded', () => {
  it('leaves text alone that was guarded against it', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        expect(expanded(withoutExpansion(text), new Map([['LVSCARE_NODE_IP', 'x']]))).toBe(text)
      }),
    )
  })

  it.each([
    ['$(A)', 'b'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$b'],
    ['$(B)', '$(B)'],
    ['$A $', '$A $'],
    ['$(A', '$(A'],
  ])('makes of %s what Kubernetes does', (text, result) => {
    expect(expanded(text, new Map([['A', 'b']]))).toBe(result)
  })
})

/** The part of a configuration that a manifest carries. */
function carried({
  virtual,
  servers,
  nodeAddress,
  podName,
  image,
  profile,
  guard,
}: InstallerConfig): unknown {
  const flags = new Map([...(guard.care?.flags ?? [])].filter(([name]) => name !== 'rs'))
  return {
    virtual,
    servers,
    nodeAddress,
    podName,
    image,
    profile,
    flags: guard.flags,
    care: { ...guard.care, flags },
  }
}
