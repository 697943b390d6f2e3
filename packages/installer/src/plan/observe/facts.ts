import { withDeadline } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../../config/config.ts'
import { parseVersion } from '../../config/version.ts'
import { contact } from '../../host/contact.ts'
import type { NodeHost } from '../../host/host.ts'
import { getOver } from '../../host/http.ts'
import { hostsOf, hostsText } from '../../hosts/block.ts'
import { HOSTS_FILE } from '../../node/paths.ts'
import type { NodeFacts } from '../../validate/facts.ts'
import { ask, unlessUnknown } from './ask.ts'
import { readInterfaces } from './interfaces.ts'
import { observeManifests } from './manifests.ts'

/** What a look over the network may take, in milliseconds. */
const LOOK_MS = 2000

/** Where kube-proxy says in which mode it is (metricsBindAddress). */
const KUBE_PROXY = { address: '127.0.0.1', port: 10249, path: '/proxyMode' } as const

/** Everything about a node that a configuration is judged by; what cannot be had is missing. */
export async function observeFacts(host: NodeHost, config: InstallerConfig): Promise<NodeFacts> {
  const [interfaces, hosts, kubeProxyMode, server, environment, kubernetesVersion, manifests] =
    await Promise.all([
      readInterfaces(host),
      unlessUnknown(() => host.readFile(HOSTS_FILE)),
      kubeProxyModeOf(host),
      serverFacts(host, config),
      environmentOf(host),
      kubeletVersion(host),
      unlessUnknown(() => observeManifests(host, config)),
    ])
  return {
    interfaces,
    hosts: hosts && hostsText(hostsOf(hosts), []),
    kubeProxyMode,
    ...server,
    environment,
    kubernetesVersion,
    ...manifests,
  }
}

async function kubeProxyModeOf(host: NodeHost): Promise<string | undefined> {
  const { address, port, path } = KUBE_PROXY
  return await unlessUnknown(async () => {
    const answer = await withDeadline(new AbortController().signal, LOOK_MS, async (signal) => {
      const stream = await host.connect(address, port, { timeoutMs: LOOK_MS, signal })
      return await getOver(stream, { path, host: `${address}:${port}`, signal })
    })
    const mode = answer.body.trim()
    return answer.status === 200 && /^[a-z]+$/.test(mode) ? mode : undefined
  })
}

/** What the first server that answers shows; nobody does before the cluster is there. */
async function serverFacts(
  host: NodeHost,
  config: InstallerConfig,
): Promise<Pick<NodeFacts, 'certificateNames' | 'healthStatus'>> {
  const { care } = config.guard
  if (!isGuarded(config) || care === undefined || care.health.scheme === 'http') return {}
  const { path } = care.health
  const asked = config.servers.map(async ({ address, port }) => {
    const { certificate, status } = await contact(host, { address, port, path, timeoutMs: LOOK_MS })
    return { certificateNames: certificate.names, healthStatus: status }
  })
  return (await unlessUnknown(() => Promise.any(asked))) ?? {}
}

/** The variables in which programs look for a proxy, as a login of this user has them. */
async function environmentOf(host: NodeHost): Promise<Readonly<Record<string, string>> | undefined> {
  const text = await ask(host, ['env'])
  if (text === undefined) return undefined
  const found = [...text.matchAll(/^((?:https?|no|all)_proxy)=(.*)$/gim)]
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]))
}

async function kubeletVersion(host: NodeHost): Promise<NodeFacts['kubernetesVersion']> {
  const text = await ask(host, ['kubelet', '--version'])
  const [, version] = /^Kubernetes (\S+)/.exec(text ?? '') ?? []
  return version === undefined ? undefined : await unlessUnknown(() => parseVersion(version))
}
