import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { parse } from 'yaml'

/** A pod that a file in the manifests folder asks for. */
export interface WantedPod {
  readonly name: string
  readonly file: string
  /** As kubelet gives it to static pods: of the pod's content and its file's name. */
  readonly uid: string
  readonly pod: Pod
}

/**
 * Reads the folder as kubelet does (pkg/kubelet/config/file.go): every name without a leading dot, whatever its ending;
 * folders are left out, bad files are told of and left out. A folder that is missing asks for nothing.
 */
export function wantedPods(folder: string, reject: (file: string, why: string) => void): WantedPod[] {
  const wanted = new Map<string, WantedPod>()
  for (const name of namesIn(folder)) {
    const file = join(folder, name)
    try {
      const found = readPod(file)
      if (found === undefined) continue
      const other = wanted.get(found.name)
      if (other !== undefined) throw new Error(`the pod ${found.name} is in ${other.file} too`)
      wanted.set(found.name, found)
    } catch (error) {
      reject(file, error instanceof Error ? error.message : String(error))
    }
  }
  return [...wanted.values()]
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readPod(file: string): WantedPod | undefined {
  const stat = statSync(file)
  if (stat.isDirectory()) return undefined
  if (!stat.isFile()) throw new Error('not a regular file')
  const pod = parse(readFileSync(file, 'utf8')) as Pod | null
  if (pod?.kind !== 'Pod' || pod.apiVersion !== 'v1') throw new Error('not a pod')
  const { name, namespace = 'default' } = pod.metadata ?? {}
  if (name === undefined || (pod.spec?.containers ?? []).length === 0) throw new Error('not a whole pod')
  refuseReferences(pod)
  const uid = createHash('md5')
    .update(JSON.stringify(pod) + file)
    .digest('hex')
  return { name: `${namespace}/${name}`, file, uid, pod }
}

/** PreventStaticPodAPIReferences, which is always on from Kubernetes 1.37. */
function refuseReferences({ spec }: Pod): void {
  const { serviceAccountName, containers = [], volumes = [] } = spec ?? {}
  if (serviceAccountName !== undefined) throw new Error('static pods may not reference serviceaccounts')
  const env = containers.flatMap((container) => container.env ?? [])
  const isReference =
    containers.some(({ envFrom = [] }) => envFrom.length > 0) ||
    env.some(
      ({ valueFrom }) => valueFrom?.secretKeyRef !== undefined || valueFrom?.configMapKeyRef !== undefined,
    ) ||
    volumes.some((volume) =>
      ['configMap', 'secret', 'persistentVolumeClaim', 'projected'].some((kind) => kind in volume),
    )
  if (isReference) throw new Error('static pods may not reference configmaps, secrets or claims')
}
