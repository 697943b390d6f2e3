import fc from 'fast-check'
import type { Container } from 'kubernetes-types/core/v1.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { RawConfig } from '../../src/config/parse.ts'
import { buildStaticPod } from '../../src/pod/static-pod.ts'
import type { AnyPod } from '../../src/pod/types.ts'
import { toYaml } from '../../src/pod/yaml.ts'
import { configOf, guardedConfigs, IMAGE } from './configs.ts'
import { HAS_OTHER_READER, otherReader } from './reader.ts'

/** The manifest of the requirements, as it stands there. */
const KNOWN_GOOD = `
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: null
  name: kube-sealyun-lvscare
  namespace: kube-system
spec:
  containers:
  - args: [care, --vs, 10.103.97.2:6443, --health-path, /healthz, --health-schem, https,
           --rs, 192.168.72.50:6443, --rs, 192.168.72.51:6443, --rs, 192.168.72.52:6443]
    command: [/usr/bin/lvscare]
    env:
    - {name: LVSCARE_NODE_IP, value: 192.168.72.53}
    image: ghcr.io/labring/lvscare:v1.1.3-beta.7
    imagePullPolicy: IfNotPresent
    name: kube-sealyun-lvscare
    resources: {}
    securityContext: {privileged: true}
    volumeMounts:
    - {mountPath: /lib/modules, name: lib-modules, readOnly: true}
  hostNetwork: true
  volumes:
  - {hostPath: {path: /lib/modules, type: ""}, name: lib-modules}
status: {}
`

const deploy = (name: string): string => new URL(`../../../../deploy/${name}`, import.meta.url).pathname

describe('the documented manifests', () => {
  it('has the known-good one, field for field', async () => {
    const text = toYaml(buildStaticPod(configOf({ profile: 'sealos' })))
    expect(parse(text)).toEqual(parse(KNOWN_GOOD))
    await expect(text).toMatchFileSnapshot(deploy('static-pod-sealos.yaml'))
  })

  it('has the hardened one', async () => {
    await expect(toYaml(buildStaticPod(configOf({ image: IMAGE })))).toMatchFileSnapshot(
      deploy('static-pod.yaml'),
    )
  })

  it.skipIf(!HAS_OTHER_READER)('is read in the same way by a reader of YAML 1.1', () => {
    const text = toYaml(buildStaticPod(configOf({ profile: 'sealos' })))
    expect(otherReader(text)).toEqual(otherReader(KNOWN_GOOD))
    for (const profile of ['sealos', 'hardened'] as const) {
      const pod = buildStaticPod(configOf({ profile, guard: { 'metrics-address': 'off', interval: 5 } }))
      const { creationTimestamp: _, ...metadata } = metadataOf(otherReader(toYaml(pod)))
      expect({ ...(otherReader(toYaml(pod)) as object), metadata }).toEqual(pod)
    }
  })
})

describe('buildStaticPod', () => {
  it('refuses to guard nothing', () => {
    expect(() => buildStaticPod(configOf({ servers: [] }))).toThrow('servers []: is needed for a guard')
  })

  it('leaves the address out where nobody said it', () => {
    const { nodeAddress: _, ...config } = configOf()
    const [container] = containersOf(buildStaticPod({ ...config, nodeAddress: undefined }))
    expect(container).not.toHaveProperty('env')
  })

  it.each([
    ['127.0.0.1:9697', {}, '127.0.0.1', 9697],
    ['every address', { 'metrics-address': '0.0.0.0:9100' }, '127.0.0.1', 9100],
    ['every address of both families', { 'metrics-address': '[::]:9100' }, '127.0.0.1', 9100],
    ['one of IPv6', { 'metrics-address': '[fd00::9]:9100' }, 'fd00::9', 9100],
  ])('has the guard asked where it serves %s', (_where, guard, host, port) => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf({ guard })
    expect(startupProbe?.httpGet).toEqual({ host, path: '/healthz', port })
    expect(livenessProbe?.httpGet).toEqual({ host, path: '/healthz', port })
    expect(readinessProbe?.httpGet).toEqual({ host, path: '/readyz', port })
  })

  it('has the guard asked over HTTPS where it serves that, and mounts what it takes', () => {
    const guard = {
      'metrics-address': '0.0.0.0:9697',
      'metrics-tls-cert': '/etc/lvscare/tls/tls.crt',
      'metrics-tls-key': '/etc/lvscare/tls/tls.key',
      'metrics-client-ca': '/etc/lvscare/clients/ca.crt',
    }
    const { startupProbe, livenessProbe, readinessProbe, volumeMounts } = containerOf({ guard })
    for (const [probe, path] of [
      [startupProbe, '/healthz'],
      [livenessProbe, '/healthz'],
      [readinessProbe, '/readyz'],
    ] as const)
      expect(probe?.httpGet).toEqual({ host: '127.0.0.1', path, port: 9697, scheme: 'HTTPS' })
    expect(volumeMounts).toEqual([
      { mountPath: '/etc/lvscare/tls', name: 'metrics-tls-cert', readOnly: true },
      { mountPath: '/etc/lvscare/clients', name: 'metrics-client-ca', readOnly: true },
    ])
  })

  it('has nobody asked where nothing is served', () => {
    expect(
      Object.keys(containerOf({ guard: { 'metrics-address': 'off' } })).filter((key) => /Probe/.test(key)),
    ).toEqual([])
  })

  it('gives what it takes to enter other namespaces, and only then', () => {
    const pod = buildStaticPod(configOf({ guard: { 'reset-connections': 'all-namespaces' } }))
    expect(pod.spec?.hostPID).toBe(true)
    const [container] = containersOf(pod)
    expect(container?.securityContext?.capabilities?.add).toEqual(['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'])
    // Kubernetes refuses it together with CAP_SYS_ADMIN.
    expect(container?.securityContext).not.toHaveProperty('allowPrivilegeEscalation')
    expect(buildStaticPod(configOf()).spec).not.toHaveProperty('hostPID')
  })

  it.each(['hardened', 'sealos'] as const)(
    'mounts the folders of the files that flags name (%s)',
    (profile) => {
      const guard = {
        'health-ca': '/etc/kubernetes/pki/ca.crt',
        'health-cert': '/var/lib/kubelet/pki/kubelet-client-current.pem',
        'health-key': '/var/lib/kubelet/pki/kubelet-client-current.pem',
      }
      const pod = buildStaticPod(configOf({ profile, guard }))
      const own = profile === 'sealos' ? 1 : 0
      expect(pod.spec?.volumes?.slice(own)).toEqual([
        { hostPath: { path: '/etc/kubernetes/pki', type: 'Directory' }, name: 'health-ca' },
        { hostPath: { path: '/var/lib/kubelet/pki', type: 'Directory' }, name: 'health-cert' },
      ])
      expect(containersOf(pod)[0]?.volumeMounts?.slice(own)).toEqual([
        { mountPath: '/etc/kubernetes/pki', name: 'health-ca', readOnly: true },
        { mountPath: '/var/lib/kubelet/pki', name: 'health-cert', readOnly: true },
      ])
    },
  )

  it.each(['/ca.pem', '/etc/ca.pem', '/usr/share/x/ca.pem', '/tmp/ca.pem', '/proc/1/ca.pem'])(
    'hides nothing of the image: %s alone is mounted',
    (path) => {
      const { volumes } = buildStaticPod(configOf({ guard: { 'health-ca': path } })).spec ?? {}
      expect(volumes).toEqual([{ hostPath: { path, type: 'File' }, name: 'health-ca' }])
    },
  )

  it('refers to no object of the API, and asks for no privilege', () => {
    fc.assert(
      fc.property(guardedConfigs, (config) => {
        const text = toYaml(buildStaticPod(config))
        expect(text).not.toMatch(
          /serviceAccount|configMap|[sS]ecret\w*:|persistentVolumeClaim|resourceClaim|valueFrom/,
        )
        if (config.profile === 'hardened') expect(text).not.toMatch(/privileged|\/lib\/modules/)
      }),
    )
  })
})

function containerOf(changes: RawConfig): Container {
  const [container] = containersOf(buildStaticPod(configOf(changes)))
  if (container === undefined) throw new Error('no container')
  return container
}

function containersOf({ spec }: AnyPod): Container[] {
  return spec?.containers ?? []
}

function metadataOf(pod: unknown): Record<string, unknown> {
  return (pod as { metadata: Record<string, unknown> }).metadata
}
