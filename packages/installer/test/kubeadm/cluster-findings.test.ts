import { describe, expect, it } from 'vitest'
import { buildKubeadmConfig } from '../../src/kubeadm/build.ts'
import { clusterFindings } from '../../src/kubeadm/cluster-findings.ts'
import { kubeadmYaml } from '../../src/kubeadm/documents.ts'
import { mergeKubeadmConfig } from '../../src/kubeadm/merge.ts'
import { run } from '../cli/fake-cli-host.ts'
import { configOf, release } from './fixture.ts'

const OURS = buildKubeadmConfig(configOf(), release(31))

const OWN = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  serviceSubnet: 10.96.0.0/12 # kubeadm's own
`

function errors(yaml: string): string[] {
  const found = clusterFindings(configOf(), yaml).filter(({ severity }) => severity === 'error')
  return found.map(({ code }) => code)
}

describe('the cluster of a configuration of kubeadm', () => {
  it('is well when the configuration is ours', () => {
    expect(errors(kubeadmYaml(OURS))).toEqual([])
  })

  it('has ranges of the user, in which the virtual IP may be', () => {
    expect(errors(mergeKubeadmConfig(OWN, OURS))).toEqual(['vip-in-service-subnet'])
    const pods = OWN.replace('serviceSubnet: 10.96.0.0/12', 'podSubnet: "fd00::/64, 10.0.0.0/8"')
    expect(errors(mergeKubeadmConfig(pods, OURS))).toContain('vip-in-pod-subnet')
  })

  it('has a kube-proxy of the user, which may delete the rule', () => {
    expect(errors('kind: KubeProxyConfiguration\nmode: ipvs\n')).toEqual(['kube-proxy-no-exclude'])
    expect(errors('kind: KubeProxyConfiguration\nmode: iptables\n')).toEqual([])
    expect(errors('kind: KubeProxyConfiguration\n')).toEqual([])
  })

  it.each(['', '[', 'x', '- 1\n---\nkind: [a]\n', 'kind: ClusterConfiguration\nnetworking: 7\n'])(
    'is not known from %j',
    (yaml) => expect(errors(yaml)).toEqual([]),
  )

  it('is refused on the command line before anything of it is printed', async () => {
    const flags = '--master 192.168.72.50 --kubernetes-version v1.31.0'
    const merged = await run(`config kubeadm own.yaml ${flags}`, { files: { 'own.yaml': OWN } })
    expect([merged.code, merged.out]).toEqual([2, ''])
    expect(merged.err).toContain('vip-in-service-subnet')
    const inside = await run(`config kubeadm ${flags} --pod-subnet 10.0.0.0/8`)
    expect([inside.code, inside.out]).toEqual([2, ''])
    const rendered = await run(`config render own.tmpl ${flags}`, { files: { 'own.tmpl': OWN } })
    expect([rendered.code, rendered.out]).toEqual([2, ''])
  })
})
