import { parseAllDocuments } from 'yaml'
import type { InstallerConfig } from '../config/config.ts'
import { isPlainObject, type PlainObject } from '../config/fields.ts'
import type { NodeFacts } from '../validate/facts.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { kubeProxyFindings } from '../validate/kube-proxy.ts'
import { rangeFindings } from '../validate/ranges.ts'

/**
 * What is wrong with the cluster that a configuration of kubeadm makes, for who wants this virtual IP in it: a user's own
 * values win when documents are merged, and a template may say anything. What cannot be read has no findings.
 */
export function clusterFindings(config: InstallerConfig, yaml: string): readonly InstallerFinding[] {
  const facts = factsOf(yaml)
  // Of the configuration only the virtual IP counts; on workers it has to live with kube-proxy.
  const worker = { ...config, role: 'worker', podSubnets: undefined, serviceSubnets: undefined } as const
  return [...rangeFindings(worker, facts), ...kubeProxyFindings(worker, facts)]
}

function factsOf(yaml: string): NodeFacts {
  const documents = documentsOf(yaml)
  const networking = at(documents.get('ClusterConfiguration'), 'networking')
  const proxy = documents.get('KubeProxyConfiguration')
  const cidrs = at(proxy, 'ipvs')?.['excludeCIDRs'] ?? []
  return {
    podSubnets: rangesOf(networking?.['podSubnet']),
    serviceSubnets: rangesOf(networking?.['serviceSubnet']),
    ...(proxy === undefined ? {} : { kubeProxyMode: String(proxy['mode'] ?? 'iptables') }),
    excludeCidrs: Array.isArray(cidrs) ? cidrs.map(String) : [],
  }
}

function documentsOf(yaml: string): ReadonlyMap<unknown, PlainObject> {
  const documents = parseAllDocuments(yaml, { logLevel: 'silent' })
  const read = 'empty' in documents ? [] : documents.filter(({ errors }) => errors.length === 0)
  const plain = read.map((document): unknown => document.toJS({ maxAliasCount: 100 })).filter(isPlainObject)
  return new Map(plain.map((one) => [one['kind'], one]))
}

function at(object: PlainObject | undefined, key: string): PlainObject | undefined {
  const value = object?.[key]
  return isPlainObject(value) ? value : undefined
}

function rangesOf(value: unknown): string[] | undefined {
  return typeof value === 'string' ? value.split(',').map((range) => range.trim()) : undefined
}
