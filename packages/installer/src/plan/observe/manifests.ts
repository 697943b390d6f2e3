import { endpointText } from 'lvscare'
import type { InstallerConfig } from '../../config/config.ts'
import { isPlainObject } from '../../config/fields.ts'
import { DEFAULTS } from '../../config/parse.ts'
import type { NodeHost } from '../../host/host.ts'
import { MANIFESTS, manifestPath } from '../../node/paths.ts'
import { Foreign, firstDocument } from '../../pod/manifest.ts'
import { readStaticPod } from '../../pod/read.ts'
import type { ManifestFacts, NodeFacts } from '../../validate/facts.ts'
import { apiReferences } from '../../validate/references.ts'
import { readObserved } from './file.ts'

/** Static pods of kubeadm that make a node a control plane. */
const CONTROL_PLANE: ReadonlySet<string> = new Set([
  'etcd.yaml',
  'kube-apiserver.yaml',
  'kube-controller-manager.yaml',
  'kube-scheduler.yaml',
])

/** What of the static pods of a node is known to matter: those of a control plane, and all others but our own. */
export async function observeManifests(
  host: NodeHost,
  config: Pick<InstallerConfig, 'podName'>,
): Promise<Pick<NodeFacts, 'controlPlaneFiles' | 'otherManifests'>> {
  const names = await manifestNames(host)
  const own = manifestPath(config)
  const others = names.map((name) => `${MANIFESTS}/${name}`).filter((path) => path !== own)
  const manifests = await Promise.all(others.map(async (path) => await manifestAt(host, path)))
  return {
    controlPlaneFiles: names.filter((name) => CONTROL_PLANE.has(name)).map((name) => `${MANIFESTS}/${name}`),
    otherManifests: manifests.filter((manifest) => manifest !== undefined),
  }
}

/** The files that kubelet looks at. */
export async function manifestNames(host: NodeHost): Promise<readonly string[]> {
  const names = (await host.list(MANIFESTS)) ?? []
  return names.filter((name) => !name.startsWith('.'))
}

async function manifestAt(host: NodeHost, path: string): Promise<ManifestFacts | undefined> {
  const file = await readObserved(host, path)
  return file?.kind === 'file' ? { path, ...manifestFacts(file.content.toString()) } : undefined
}

/** A guard says which virtual server it guards; of other pods it matters what they are called, and what they refer to. */
export function manifestFacts(text: string): Omit<ManifestFacts, 'path'> {
  const reading = readStaticPod(text)
  if (reading.foreign) return podFacts(text)
  const { vip = DEFAULTS.vip, port = DEFAULTS.port, podName } = reading.config
  return { virtual: endpointText(vip, port), podName, references: apiReferences(reading.pod) }
}

/** What kubelet cannot read either says nothing. */
function podFacts(text: string): Omit<ManifestFacts, 'path'> {
  const pod = plainPod(text)
  if (pod === undefined) return {}
  const metadata = isPlainObject(pod) ? pod['metadata'] : undefined
  const name = isPlainObject(metadata) ? metadata['name'] : undefined
  return { podName: typeof name === 'string' ? name : undefined, references: apiReferences(pod) }
}

function plainPod(text: string): unknown {
  try {
    return firstDocument(text).value
  } catch (error) {
    if (error instanceof Foreign) return undefined
    throw error
  }
}
