import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buildKubeadmConfig } from '../../src/kubeadm/build.ts'
import { documentList, kubeadmYaml } from '../../src/kubeadm/documents.ts'
import { templateValues } from '../../src/kubeadm/template.ts'
import { anyConfig, anyRelease, configOf, JOIN, release, SERVERS } from './fixture.ts'
import { strayFields } from './schema.ts'

const FULL = { criSocket: 'unix:///run/containerd/containerd.sock', controlPlaneTimeoutMs: 300_000 }

const { certificateKey: KEY, ...JOIN_WORKER } = JOIN

function read(yaml: string, version: '1.1' | '1.2'): unknown[] {
  return parseAllDocuments(yaml, { version }).map((document) => document.toJS())
}

describe('buildKubeadmConfig', () => {
  it.each([14, 21, 30, 31])(
    'writes what the first control plane of 1.%i gives to kubeadm init',
    async (minor) => {
      const config = configOf({
        role: 'first-control-plane',
        nodeAddress: SERVERS[0],
        sans: ['*.example.com', '203.0.113.5', '127.0.0.1', '192.168.72.51'],
      })
      const text = kubeadmYaml(buildKubeadmConfig(config, release(minor), FULL))
      await expect(text).toMatchFileSnapshot(`../golden/kubeadm-init-1.${minor}.yaml`)
    },
  )

  it.each([14, 21, 22, 30, 31])(
    'writes what a worker and a control plane of 1.%i give to kubeadm join',
    async (minor) => {
      const texts = (['worker', 'control-plane'] as const).map((role) => {
        const config = configOf({ role, nodeAddress: role === 'worker' ? '192.168.72.60' : SERVERS[2] })
        const keyed = role === 'worker' ? JOIN_WORKER : { ...JOIN_WORKER, certificateKey: KEY }
        const options = { ...FULL, join: { ...keyed, discoveryTimeoutMs: 90_500 } }
        const { join } = buildKubeadmConfig(config, release(minor), options)
        return kubeadmYaml(join === undefined ? {} : { join })
      })
      await expect(texts.join('---\n')).toMatchFileSnapshot(`../golden/kubeadm-join-1.${minor}.yaml`)
    },
  )

  it('writes only what the version of the API knows, for every release', () => {
    fc.assert(
      fc.property(anyConfig, anyRelease, fc.boolean(), (config, version, full) => {
        const documents = documentList(buildKubeadmConfig(config, version, full ? FULL : {}))
        expect(documents.flatMap(strayFields)).toEqual([])
      }),
    )
  })

  it('writes YAML that reads back as the same values, for readers of 1.1 and of 1.2', () => {
    fc.assert(
      fc.property(anyConfig, anyRelease, (config, version) => {
        const documents = buildKubeadmConfig(config, version)
        const yaml = kubeadmYaml(documents)
        expect(read(yaml, '1.1')).toEqual(documentList(documents))
        expect(read(yaml, '1.2')).toEqual(documentList(documents))
      }),
    )
  })

  it('names every server, the virtual IP, the name and the extras in the certificate, each once', () => {
    fc.assert(
      fc.property(anyConfig, anyRelease, (config, version) => {
        const sans = buildKubeadmConfig(config, version).cluster?.apiServer.certSANs ?? []
        const { servers, virtual, endpointName, extraSans } = config
        const wanted = ['127.0.0.1', endpointName, virtual.address, ...servers.map((one) => one.address)]
        expect(new Set(sans)).toEqual(new Set([...wanted, ...extraSans]))
        expect(new Set(sans).size).toBe(sans.length)
      }),
    )
  })

  it('keeps kube-proxy in mode ipvs away from the virtual IP, in its own family', () => {
    const proxyOf = (vip: string, server: string): unknown => {
      const ranges = vip.includes(':') ? { podSubnet: 'fd00:10::/56', serviceSubnet: 'fd00:20::/112' } : {}
      return buildKubeadmConfig(configOf({ vip, servers: [server], ...ranges }), release(36)).kubeProxy
    }
    expect(proxyOf('10.103.97.2', '192.0.2.1')).toMatchObject({
      mode: 'ipvs',
      ipvs: { excludeCIDRs: ['10.103.97.2/32'] },
    })
    expect(proxyOf('fd00::2', '2001:db8::1')).toMatchObject({ ipvs: { excludeCIDRs: ['fd00::2/128'] } })
  })

  it('takes name, port and ranges from the configuration', () => {
    const config = configOf({
      endpointName: 'api.example.com',
      port: 7443,
      podSubnet: '10.244.0.0/16,fd00:10::/56',
      serviceSubnet: '10.99.0.0/16,fd00:20::/112',
    })
    expect(buildKubeadmConfig(config, release(31)).cluster).toMatchObject({
      controlPlaneEndpoint: 'api.example.com:7443',
      networking: { podSubnet: '10.244.0.0/16,fd00:10::/56', serviceSubnet: '10.99.0.0/16,fd00:20::/112' },
    })
  })

  it('does not tell the first control plane the address of another node', () => {
    const config = configOf({ role: 'worker', nodeAddress: '192.168.72.60' })
    expect(buildKubeadmConfig(config, release(31)).init).toEqual({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: SERVERS[0], bindPort: 6443 },
    })
  })

  it.each([
    [16, { IPv6DualStack: true }],
    [20, { IPv6DualStack: true }],
    [21, undefined],
    [31, undefined],
  ])('opens the gate for two ranges in 1.%i only where there is one', (minor, gates) => {
    const config = configOf({ podSubnet: '10.244.0.0/16,fd00:10::/56' })
    expect(buildKubeadmConfig(config, release(minor)).cluster?.featureGates).toEqual(gates)
  })

  it('does not take ranges of IPv4 for granted where the apiserver has an address of IPv6', () => {
    const config = configOf({ vip: 'fd00::2', servers: ['fd00:1::1'], podSubnet: 'fd00:10::/56' })
    expect(() => buildKubeadmConfig(config, release(31))).toThrow(/^serviceSubnet: is needed: .*IPv4/)
    expect(() => templateValues(config, release(31))).toThrow(/^serviceSubnet: is needed/)
  })

  it('refuses two ranges below 1.16', () => {
    const config = configOf({ serviceSubnet: '10.99.0.0/16,fd00:20::/112' })
    expect(() => buildKubeadmConfig(config, release(15))).toThrow(
      'serviceSubnet "10.99.0.0/16,fd00:20::/112": must be one range',
    )
  })

  it('writes an older version of the API when asked', () => {
    const { cluster } = buildKubeadmConfig(configOf(), release(31), { ...FULL, apiVersion: 'v1beta3' })
    expect(cluster).toMatchObject({
      apiVersion: 'kubeadm.k8s.io/v1beta3',
      apiServer: { timeoutForControlPlane: '300s' },
    })
    expect(cluster).not.toHaveProperty('certificateValidityPeriod')
  })
})

describe('kubeadmYaml', () => {
  it('quotes a token that looks like a number', () => {
    const join = buildKubeadmConfig(configOf(), release(31), {
      join: { ...JOIN_WORKER, token: '123456.0123456789012345' },
    }).join
    expect(kubeadmYaml(join === undefined ? {} : { join })).toContain('token: "123456.0123456789012345"')
  })
})
