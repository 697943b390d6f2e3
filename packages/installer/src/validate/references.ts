/**
 * What a pod refers to in the API, such as `configMap x`; kubelet does not run a static pod that does
 * (PreventStaticPodAPIReferences; podutil.HasAPIObjectReference of kubernetes says what counts). The pod is plain data,
 * whoever wrote it: what is no reference is passed over.
 */
export function apiReferences(pod: unknown): string[] {
  const spec = member(pod, 'spec')
  const account = textOf(member(spec, 'serviceAccountName')) ?? textOf(member(spec, 'serviceAccount'))
  const containers = ['containers', 'initContainers'].flatMap((name) => items(member(spec, name)))
  const found = [
    ...(account === undefined ? [] : [`serviceAccount ${account}`]),
    ...items(member(spec, 'imagePullSecrets')).map((one) => named('secret', one, 'name')),
    ...items(member(spec, 'resourceClaims')).map((one) => named('resourceClaim', one, 'name')),
    ...items(member(spec, 'volumes')).flatMap(ofVolume),
    ...containers.flatMap(ofContainer),
  ]
  return [...new Set(found)]
}

/** A member that stands for an object of the API: what it stands for, and under which key its name is. */
type Reference = readonly [member: string, kind: string, key: string]

const IN_VOLUME: readonly Reference[] = [
  ['configMap', 'configMap', 'name'],
  ['secret', 'secret', 'secretName'],
  ['persistentVolumeClaim', 'persistentVolumeClaim', 'claimName'],
  ['ephemeral', 'persistentVolumeClaim', 'name'],
  ['csi', 'csiDriver', 'driver'],
  ['glusterfs', 'endpoints', 'endpoints'],
  ['azureFile', 'secret', 'secretName'],
]

const IN_PROJECTION: readonly Reference[] = [
  ['configMap', 'configMap', 'name'],
  ['secret', 'secret', 'name'],
  ['serviceAccountToken', 'serviceAccountToken', 'path'],
  ['clusterTrustBundle', 'clusterTrustBundle', 'name'],
  ['podCertificate', 'podCertificate', 'signerName'],
]

const IN_ENVIRONMENT: readonly Reference[] = [
  ['configMapRef', 'configMap', 'name'],
  ['configMapKeyRef', 'configMap', 'name'],
  ['secretRef', 'secret', 'name'],
  ['secretKeyRef', 'secret', 'name'],
]

/** How old kinds of volumes name the secret they log in with, wherever they are. */
const IN_SOURCE: readonly Reference[] = [
  ['secretRef', 'secret', 'name'],
  ['nodePublishSecretRef', 'secret', 'name'],
]

function ofVolume(volume: unknown): string[] {
  const sources = typeof volume === 'object' && volume !== null ? Object.values(volume) : []
  const projected = items(member(member(volume, 'projected'), 'sources'))
  return [
    ...among(IN_VOLUME, volume),
    ...projected.flatMap((one) => among(IN_PROJECTION, one)),
    ...sources.flatMap((one) => among(IN_SOURCE, one)),
  ]
}

function ofContainer(container: unknown): string[] {
  const single = items(member(container, 'env')).map((one) => member(one, 'valueFrom'))
  return [...items(member(container, 'envFrom')), ...single].flatMap((one) => among(IN_ENVIRONMENT, one))
}

function among(references: readonly Reference[], value: unknown): string[] {
  return references.flatMap(([name, kind, key]) => {
    const found = member(value, name)
    return found === undefined ? [] : [named(kind, found, key)]
  })
}

function named(kind: string, value: unknown, key: string): string {
  const name = textOf(member(value, key))
  return name === undefined ? kind : `${kind} ${name}`
}

/** YAML writes what is left out as null, too. */
function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  const found = (value as Readonly<Record<string, unknown>>)[key]
  return found === null ? undefined : found
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
