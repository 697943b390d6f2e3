import { type Facts, saw, unseen } from '../../../src/doctor/facts.ts'
import { certificate, VIP } from '../healthy.ts'
import { type Case, cluster, first } from './changes.ts'

/** Kubernetes and other programs. */
export const CLUSTER_CASES: readonly Case[] = [
  ...rangeCases(),
  ...kubeProxyCases(),
  {
    what: 'processes that cannot be seen',
    facts: cluster({ processes: unseen('EACCES') }),
    findings: ['others-unseen'],
  },
  {
    what: 'keepalived',
    facts: cluster({ processes: saw([{ pid: 9, argv: ['/usr/sbin/keepalived', '-D'] }]) }),
    findings: ['keepalived-runs'],
  },
  {
    what: 'the other lvscare',
    facts: cluster({
      processes: saw([{ pid: 9, argv: ['/usr/bin/lvscare', 'care', '--vs', `${VIP}:6443`] }]),
    }),
    findings: ['other-lvscare-runs'],
  },
  {
    what: 'the other lvscare for another virtual server, and this one',
    facts: cluster({
      processes: saw([
        { pid: 9, argv: ['/usr/bin/lvscare', 'care', '--vs=10.0.0.1:6443'] },
        { pid: 10, argv: ['node', '/usr/bin/lvscare', 'care', `--vs=${VIP}:6443`] },
        // Known as the guard by what it tells.
        { pid: 7, argv: ['lvscare', 'care', '--vs', `${VIP}:6443`] },
      ]),
    }),
    findings: [],
  },
]

function rangeCases(): Case[] {
  const manifest = unseen('ENOENT', 'ENOENT')
  const named = { certificate: saw(certificate('192.0.2.11', { names: ['kubernetes', '10.96.0.1', VIP] })) }
  const apiserver = ['/usr/local/bin/kube-apiserver', '--service-cluster-ip-range', 'fd00::/108,10.96.0.0/12']
  const controllers = ['kube-controller-manager', '--service-cluster-ip-range=10.96.0.0/12']
  return [
    {
      what: 'a manifest with a range that holds the virtual IP',
      facts: cluster({ manifest: saw('    - --service-cluster-ip-range=10.96.0.0/12\n') }),
      findings: ['service-range-clash'],
    },
    {
      what: 'processes with such a range, each said once',
      facts: cluster({
        manifest,
        processes: saw([
          { pid: 1, argv: apiserver },
          { pid: 2, argv: controllers },
        ]),
      }),
      findings: ['service-range-clash'],
    },
    {
      what: 'a certificate that makes one think of it',
      facts: { ...cluster({ manifest }), ...first(named) },
      findings: ['service-range-likely'],
    },
    { what: 'no trace of the range', facts: cluster({ manifest }), findings: ['service-range-unseen'] },
    { what: 'a range that is known beats one that is guessed', facts: first(named), findings: [] },
  ]
}

function kubeProxyCases(): Case[] {
  const ipvs = (lines: string): Partial<Facts> =>
    cluster({ proxyMode: saw('ipvs'), proxyConfig: saw(`mode: ipvs\nipvs:\n${lines}\n`) })
  const flags = (...argv: string[]): Partial<Facts> =>
    cluster({
      proxyMode: unseen('ECONNREFUSED'),
      processes: saw([{ pid: 5, argv: ['kube-proxy', ...argv] }]),
    })
  return [
    { what: 'ipvs without a list', facts: ipvs('  excludeCIDRs: null'), findings: ['kube-proxy-deletes'] },
    {
      what: 'ipvs with others',
      facts: ipvs('  excludeCIDRs: [10.0.0.0/24]'),
      findings: ['kube-proxy-deletes'],
    },
    { what: 'ipvs with the virtual IP', facts: ipvs(`  excludeCIDRs: ["${VIP}/32"]`), findings: [] },
    { what: 'ipvs with a range', facts: ipvs('  excludeCIDRs:\n  - 10.103.0.0/16'), findings: [] },
    { what: 'nftables', facts: cluster({ proxyMode: saw('nftables') }), findings: ['kube-proxy-flushes'] },
    {
      what: 'ipvs, and no configuration',
      facts: cluster({ proxyMode: saw('ipvs') }),
      findings: ['kube-proxy-exclude-unseen'],
    },
    {
      what: 'no kube-proxy',
      facts: cluster({ proxyMode: unseen('ECONNREFUSED') }),
      findings: ['kube-proxy-unseen'],
    },
    {
      what: 'only a configuration',
      facts: cluster({ proxyMode: unseen('ECONNREFUSED'), proxyConfig: saw('mode: ""\n') }),
      findings: [],
    },
    {
      what: 'a configuration that makes no sense',
      facts: cluster({ proxyMode: unseen('ECONNREFUSED'), proxyConfig: saw('{"mode') }),
      findings: ['kube-proxy-unseen', 'kube-proxy-config-unreadable'],
    },
    {
      what: 'only flags',
      facts: flags('--proxy-mode=ipvs', '--ipvs-exclude-cidrs=10.0.0.0/8'),
      findings: [],
    },
    { what: 'flags without a list', facts: flags('--proxy-mode', 'ipvs'), findings: ['kube-proxy-deletes'] },
    { what: 'no flags', facts: flags(), findings: [] },
    {
      what: 'a --config that cannot be read',
      facts: flags('--config=/var/lib/kube-proxy/config.conf', '--proxy-mode=ipvs'),
      findings: ['kube-proxy-unseen'],
    },
  ]
}
