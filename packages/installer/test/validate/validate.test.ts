import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig, type RawConfig } from '../../src/config/parse.ts'
import { parseVersion } from '../../src/config/version.ts'
import type { NodeFacts } from '../../src/validate/facts.ts'
import { FINDING_SEVERITIES, type InstallerFinding } from '../../src/validate/finding.ts'
import { VALIDATION_KINDS, validate } from '../../src/validate/validate.ts'
import { rawConfigs } from '../config/configs.ts'

type Settings = Partial<Record<keyof RawConfig, unknown>>

const ETH0 = { name: 'eth0', addresses: ['192.0.2.21', 'fe80::1%eth0'] }
const CNI0 = { name: 'cni0', addresses: ['100.64.1.1'] }
const NAMES = ['kubernetes', 'apiserver.cluster.local', '10.103.97.2', '192.0.2.11']

/** A worker and a node about which there is nothing to say. */
const SETTINGS: Settings = {
  servers: ['192.0.2.11', '192.0.2.12', '192.0.2.13'],
  nodeAddress: '192.0.2.21',
  podSubnet: '100.64.0.0/10',
  serviceSubnet: '10.96.0.0/22',
  kubernetesVersion: 'v1.31.4',
}
const FACTS: NodeFacts = {
  interfaces: [{ name: 'lo', addresses: ['127.0.0.1', '::1'] }, ETH0, CNI0],
  hosts: '127.0.0.1 localhost\n',
  kubeProxyMode: 'ipvs',
  excludeCidrs: ['10.103.97.2/32'],
  certificateNames: NAMES,
  healthStatus: 200,
  controlPlaneFiles: [],
  environment: { PATH: '/bin' },
  otherManifests: [{ path: '/x', virtual: '10.0.0.9:6443', podName: 'other' }],
}

function found(settings: Settings, facts: NodeFacts = {}): InstallerFinding[] {
  return validate(parseConfig({ ...SETTINGS, ...settings }), { ...FACTS, ...facts })
}

function codes(settings: Settings, facts: NodeFacts = {}): string[] {
  return found(settings, facts).map(({ code }) => code)
}

/** Facts of a node with one more link. */
function withLink(name: string, ...addresses: string[]): NodeFacts {
  return { interfaces: [ETH0, { name, addresses }] }
}

describe('validate', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(found({})).toEqual([])
  })

  it('checks nothing that is not known', () => {
    expect(validate(parseConfig(SETTINGS))).toEqual([])
    expect(validate(parseConfig({ vip: '169.254.8.8', servers: ['192.0.2.1', '192.0.2.2'] }))).toEqual([])
  })

  it.each<[string, Settings, NodeFacts]>([
    ['service-subnet-unknown', { serviceSubnet: undefined }, {}],
    ['vip-in-service-subnet', { serviceSubnet: '10.96.0.0/12' }, {}],
    ['vip-in-service-subnet', {}, { serviceSubnets: ['fd00::/108', '10.103.0.0/16'] }],
    ['vip-in-service-subnet', { serviceSubnet: undefined }, { serviceSubnets: ['10.96.0.0/12'] }],
    ['vip-in-pod-subnet', { podSubnet: '10.0.0.0/8' }, {}],
    ['vip-in-pod-subnet', {}, { podSubnets: ['10.96.0.0/12'] }],
    ['server-in-cluster-subnet', { podSubnet: '192.0.2.13/32' }, {}],
    ['vip-on-interface', {}, withLink('eth1', '10.103.97.2')],
    ['vip-on-interface', { guard: { mode: 'link' } }, withLink('eth1', '10.103.97.2')],
    ['vip-is-a-service', {}, withLink('kube-ipvs0', '10.96.0.1', '10.103.97.2')],
    ['server-is-this-node', {}, withLink('eth1', '192.0.2.12')],
    ['server-is-this-node', { nodeAddress: '192.0.2.12' }, { interfaces: undefined }],
    ['node-address-foreign', { nodeAddress: '192.0.2.22' }, {}],
    [
      'control-plane-port',
      {
        role: 'control-plane',
        servers: ['192.0.2.11:6443', '192.0.2.12:7443'],
        kubernetesVersion: 'v1.30.0',
      },
      {},
    ],
    [
      'node-address-missing',
      { role: 'control-plane', nodeAddress: undefined, kubernetesVersion: 'v1.30.0' },
      {},
    ],
    ['node-address-guessed', { nodeAddress: undefined }, withLink('eth1', '198.51.100.1')],
    ['no-servers', { servers: [] }, {}],
    ['single-server', { servers: ['192.0.2.11'] }, {}],
    ['vip-not-in-sans', {}, { certificateNames: ['apiserver.cluster.local', '10.103.97.20'] }],
    ['name-not-in-sans', {}, { certificateNames: ['10.103.97.2', 'cluster.local', '*.local'] }],
    ['anonymous-health', {}, { healthStatus: 401 }],
    ['anonymous-health', { guard: { 'health-status': 401 } }, { healthStatus: 403 }],
    ['manifest-before-join', { kubernetesVersion: 'v1.22.17' }, {}],
    ['control-plane-local-mode', { role: 'control-plane' }, {}],
    ['certificate-validity-unsupported', { role: 'first-control-plane', kubernetesVersion: 'v1.30.1' }, {}],
    ['kubeadm-api-unsupported', { kubernetesVersion: 'v1.37.0' }, { kubeProxyMode: 'iptables' }],
    ['kube-proxy-no-exclude', {}, { excludeCidrs: ['10.103.97.3/32', 'nonsense', 'fd00::/8'] }],
    ['kube-proxy-no-exclude', {}, { excludeCidrs: [] }],
    ['kube-proxy-exclude-unknown', {}, { excludeCidrs: undefined }],
    ['kube-proxy-nftables-flush', {}, { kubeProxyMode: 'nftables' }],
    ['kube-proxy-ipvs-deprecated', { kubernetesVersion: 'v1.35.0' }, {}],
    [
      'kube-proxy-ipvs-deprecated',
      { kubernetesVersion: undefined },
      { kubernetesVersion: parseVersion('1.36') },
    ],
    ['proxy-environment', {}, { environment: { https_proxy: 'http://proxy:3128' } }],
    ['second-guard', {}, { otherManifests: [{ path: '/x', virtual: '10.103.97.2:6443' }] }],
    ['pod-name-taken', {}, { otherManifests: [{ path: '/x', podName: 'kube-sealyun-lvscare' }] }],
    [
      'static-pod-references',
      { kubernetesVersion: 'v1.34.0' },
      { otherManifests: [{ path: '/x', references: ['configMap y'] }] },
    ],
    ['worker-has-control-plane', {}, { controlPlaneFiles: ['/etc/kubernetes/manifests/etcd.yaml'] }],
    ['sealos-privileged', { profile: 'sealos' }, {}],
  ])('finds %s with %j and %j', (code, settings, facts) => {
    expect(codes(settings, facts)).toEqual([code])
  })

  it.each<[string, Settings, NodeFacts]>([
    ['another port of an apiserver on a worker', { servers: ['192.0.2.11:7443', '192.0.2.12'] }, {}],
    [
      'a VIP outside of what kubeadm takes',
      { vip: '169.254.8.8', serviceSubnet: undefined },
      { certificateNames: undefined, excludeCidrs: ['169.254.8.8/32'] },
    ],
    ["the guard's own device in mode link", { guard: { mode: 'link' } }, withLink('lvscare', '10.103.97.2')],
    ['the device of another mode, which the guard takes away', {}, withLink('lvscare', '10.103.97.2')],
    [
      'a VIP that is the business of somebody else',
      { guard: { mode: 'none' } },
      withLink('eth1', '10.103.97.2'),
    ],
    [
      'an own address that /etc/hosts says',
      { nodeAddress: undefined },
      { ...withLink('eth1', '198.51.100.1'), hosts: '198.51.100.1 lvscare.node.ip' },
    ],
    [
      'links for pods, and addresses of one link',
      { nodeAddress: undefined },
      withLink('docker0', '172.17.0.1'),
    ],
    [
      'an own address in another spelling',
      { vip: 'fd00::1', servers: ['fd00::2', 'fd00::3'], nodeAddress: 'fd00:0::9' },
      {
        interfaces: [{ name: 'eth0', addresses: ['FD00::0009%eth0'] }],
        certificateNames: ['FD00:0:0::1', '*.cluster.local'],
        excludeCidrs: ['fd00::/64'],
      },
    ],
    [
      'a first control plane that is the first server',
      { role: 'first-control-plane', nodeAddress: undefined, kubernetesVersion: 'v1.36.0' },
      { kubeProxyMode: 'iptables' },
    ],
    [
      'a control plane with an apiserver',
      { role: 'control-plane', nodeAddress: '192.0.2.11', kubernetesVersion: 'v1.30.0' },
      { ...withLink('eth1', '192.0.2.11'), controlPlaneFiles: ['/x'] },
    ],
    [
      'kube-proxy where there is no rule',
      { role: 'control-plane', kubernetesVersion: 'v1.30.0' },
      { excludeCidrs: [] },
    ],
    ['kube-proxy in mode iptables', {}, { kubeProxyMode: 'iptables', excludeCidrs: [] }],
    [
      'a status that the operator has listed',
      { guard: { 'health-status': [401, 403] } },
      { healthStatus: 403 },
    ],
    ['a proxy for HTTP only', {}, { environment: { http_proxy: 'http://proxy:3128' } }],
    [
      'references that kubelet still takes',
      { kubernetesVersion: 'v1.33.9' },
      { otherManifests: [{ path: '/x', references: ['configMap y'] }] },
    ],
    ['a manifest before a join that does not look', { kubernetesVersion: 'v1.23.0' }, {}],
  ])('finds nothing wrong with %s', (_, settings, facts) => {
    expect(codes(settings, facts)).toEqual([])
  })

  it('guards a control plane too where that is wanted', () => {
    const settings = { role: 'control-plane', guardControlPlane: true, kubernetesVersion: 'v1.30.0' }
    expect(codes(settings, { excludeCidrs: [] })).toEqual(['kube-proxy-no-exclude'])
  })

  it('looks for flags only in images that are those of sealos', () => {
    const flagged = (image: string | undefined): string[] =>
      found({ profile: 'sealos', image, guard: { 'ready-path': '/readyz', mode: 'route', interval: 5 } })
        .filter(({ code }) => code === 'sealos-unknown-flag')
        .map(({ path }) => path)
    expect(flagged(undefined)).toEqual(['guard.mode', 'guard.ready-path'])
    expect(flagged(`fanux/lvscare:v1.1.1@sha256:${'a'.repeat(64)}`)).toEqual([
      'guard.mode',
      'guard.ready-path',
    ])
    expect(flagged('sealos.hub:5000/sealos/lvscare:latest')).toEqual(['guard.ready-path'])
    expect(flagged('labring/lvscare')).toEqual(['guard.ready-path'])
    expect(flagged('localhost/lvscare:1')).toEqual([])
    expect(flagged('labring/lvscare-of-mine:v1.0')).toEqual([])
  })

  it('says what was found, why that matters and what mends it', () => {
    expect(found({}, { excludeCidrs: ['10.0.0.0/30'] })).toEqual([
      {
        code: 'kube-proxy-no-exclude',
        severity: 'error',
        path: 'kube-proxy',
        message:
          'kube-proxy is in mode ipvs, and excludeCIDRs is 10.0.0.0/30: in mode ipvs kube-proxy deletes every ' +
          'virtual service that it does not know, again and again',
        fix: 'Add 10.103.97.2/32 to ipvs.excludeCIDRs in the ConfigMap kube-proxy of kube-system, then `kubectl -n kube-system rollout restart daemonset kube-proxy`.',
      },
    ])
    expect(found({}, withLink('eth1', '10.103.97.2'))[0]?.fix).toContain(
      'ip address del 10.103.97.2/32 dev eth1',
    )
    expect(found({ podSubnet: '192.0.2.12/31' }).map(({ path }) => path)).toEqual([
      'servers[1]',
      'servers[2]',
    ])
  })

  it('tells the worst first, whatever there is, and only what is documented', () => {
    const address = fc.constantFrom('10.103.97.2', '169.254.8.8', '192.0.2.11', 'fd00::1', 'x', '')
    const range = fc.constantFrom('10.96.0.0/12', '192.0.2.0/24', '0.0.0.0/0', '::/0', 'x', '')
    const facts: fc.Arbitrary<NodeFacts> = fc.record(
      {
        interfaces: fc.array(
          fc.record({ name: fc.constantFrom('eth0', 'kube-ipvs0', 'lvscare'), addresses: fc.array(address) }),
        ),
        hosts: fc.string(),
        kubeProxyMode: fc.constantFrom('ipvs', 'nftables', 'iptables', ''),
        excludeCidrs: fc.array(range),
        podSubnets: fc.array(range),
        serviceSubnets: fc.array(range),
        certificateNames: fc.array(fc.oneof(address, fc.string())),
        healthStatus: fc.constantFrom(200, 401, 403, 500),
        controlPlaneFiles: fc.array(fc.constant('/etc/kubernetes/manifests/etcd.yaml')),
        environment: fc.dictionary(
          fc.constantFrom('HTTPS_PROXY', 'NO_PROXY', 'no_proxy'),
          fc.oneof(range, fc.string()),
        ),
        kubernetesVersion: fc.integer({ min: 1, max: 60 }).map((minor) => parseVersion(`1.${minor}`)),
        otherManifests: fc.array(
          fc.record({
            path: fc.constant('/x'),
            podName: fc.constant('kube-sealyun-lvscare'),
            references: fc.array(fc.string()),
          }),
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(rawConfigs, facts, (raw, seen) => {
        const findings = validate(parseConfig(raw), seen)
        const ranks = findings.map(({ severity }) => FINDING_SEVERITIES.indexOf(severity))
        expect(ranks).toEqual(ranks.toSorted((a, b) => b - a))
        for (const { code, severity, fix } of findings) {
          expect(VALIDATION_KINDS[code]?.severity).toBe(severity)
          expect(fix).not.toMatch(/\{\w+\}/)
        }
      }),
    )
  })
})

describe('a proxy', () => {
  const missing = (exceptions: string, vip = '10.103.97.2'): string | undefined => {
    const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: exceptions }
    const servers = vip.includes(':') ? ['fd00::11', 'fd00::12'] : ['192.0.2.11', '192.0.2.12']
    const config = parseConfig({ vip, servers, serviceSubnet: '10.96.0.0/22' })
    return validate(config, { environment })[0]?.fix
  }

  it.each([
    '*',
    '10.103.97.2,apiserver.cluster.local',
    ' 10.0.0.0/8 , cluster.local',
    '10.103.97.2:6443,.cluster.local',
    '10.103.97.2,*.cluster.local:6443',
  ])('is not asked with NO_PROXY=%s', (exceptions) => {
    expect(missing(exceptions)).toBeUndefined()
  })

  it.each([
    ['', '10.103.97.2,apiserver.cluster.local'],
    ['cluster.local', '10.103.97.2'],
    ['10.103.97.2:443,local', '10.103.97.2'],
    ['10.103.97.0/31,.local', '10.103.97.2'],
    ['10.103.97.2,.apiserver.cluster.local', 'apiserver.cluster.local'],
    ['10.103.97.2,er.local,', 'apiserver.cluster.local'],
  ])('is asked with NO_PROXY=%s for %s', (exceptions, hosts) => {
    expect(missing(exceptions)).toBe(`Add ${hosts} to NO_PROXY (and no_proxy).`)
  })

  it.each(['fd00::1,local', '[fd00::1]:6443,local', 'fd00::/64,local'])(
    'spares an IPv6 address: %s',
    (exceptions) => {
      expect(missing(exceptions, 'fd00::1')).toBeUndefined()
    },
  )

  it('is found by its lower-case name, and its password is not told', () => {
    const config = parseConfig({ servers: ['192.0.2.11', '192.0.2.12'], serviceSubnet: '10.96.0.0/22' })
    const [finding] = validate(config, { environment: { https_proxy: 'http://me:s3cret@proxy' } })
    expect(finding?.path).toBe('https_proxy')
    expect(JSON.stringify(finding)).not.toContain('s3cret')
  })
})
