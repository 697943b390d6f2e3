import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buildKubeadmConfig } from '../../src/kubeadm/build.ts'
import { documentList } from '../../src/kubeadm/documents.ts'
import { renderTemplate } from '../../src/kubeadm/render.ts'
import { template, templateValues } from '../../src/kubeadm/template.ts'
import { anyConfig, anyRelease, configOf, release } from './fixture.ts'

function read(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS())
}

describe('template', () => {
  it('says the same as buildKubeadmConfig, for every release and configuration', () => {
    const options = fc.constantFrom(
      {},
      { criSocket: 'unix:///run/crio/crio.sock', controlPlaneTimeoutMs: 1500 },
    )
    fc.assert(
      fc.property(anyConfig, anyRelease, options, (config, version, option) => {
        const text = renderTemplate(template(), templateValues(config, version, option))
        expect(read(text)).toEqual(documentList(buildKubeadmConfig(config, version, option)))
      }),
    )
  })

  it('has the gate for two ranges', () => {
    const config = configOf({ podSubnet: '10.244.0.0/16,fd00:10::/56' })
    const text = renderTemplate(template(), templateValues(config, release(16)))
    expect(read(text)).toEqual(documentList(buildKubeadmConfig(config, release(16))))
  })

  it('leaves no empty line behind', () => {
    expect(renderTemplate(template(), templateValues(configOf(), release(31)))).not.toMatch(/\n\s*\n/)
  })

  it('renders a template as sealos has it', () => {
    const text = [
      'kubernetesVersion: {{.Version}}',
      'apiServer:',
      '  certSANs:',
      '  - 127.0.0.1',
      '  - {{.ApiServer}}',
      '  {{range .Masters -}}',
      '  - {{.}}',
      '  {{end -}}',
      '  {{range .CertSANS -}}',
      '  - {{.}}',
      '  {{end -}}',
      '  - {{.VIP}}',
      'networking:',
      '  podSubnet: {{.PodCIDR}}',
    ].join('\n')
    const values = templateValues(configOf({ sans: ['lb.example.com'] }), release(19))
    expect(renderTemplate(text, values)).toBe(
      [
        'kubernetesVersion: v1.19.3',
        'apiServer:',
        '  certSANs:',
        '  - 127.0.0.1',
        '  - apiserver.cluster.local',
        '  - 192.168.72.50',
        '  - 192.168.72.51',
        '  - 192.168.72.52',
        '  - lb.example.com',
        '  - 10.103.97.2',
        'networking:',
        '  podSubnet: 100.64.0.0/10',
      ].join('\n'),
    )
  })
})
