import type { Container, Pod, SecurityContext, Volume } from 'kubernetes-types/core/v1.js'

/** What is understood below. Anything else in a manifest must be looked at by whoever adds it, not be passed over. */
const UNDERSTOOD: ReadonlySet<string> = new Set<keyof SecurityContext>([
  'allowPrivilegeEscalation',
  'capabilities',
  'privileged',
  'readOnlyRootFilesystem',
  'runAsGroup',
  'runAsUser',
  'seccompProfile',
])

const MIB = 1024 * 1024

/** The flags of `ctr run` for the first container of a pod, as kubelet would have it run. `granted`: capabilities by default. */
export function containerFlags({ spec }: Pod, granted: readonly string[]): string[] {
  const container = firstContainer({ spec } as Pod)
  const { limits = {} } = container.resources ?? {}
  return [
    ...(spec?.hostNetwork === true ? ['--net-host'] : []),
    ...securityFlags(container.securityContext ?? {}, granted),
    ...(container.env ?? []).flatMap(({ name, value = '' }) => ['--env', `${name}=${value}`]),
    ...mountFlags(container, spec?.volumes ?? []),
    ...(limits['memory'] === undefined ? [] : ['--memory-limit', String(bytes(limits['memory']))]),
  ]
}

/** The program and its arguments. */
export function containerCommand(pod: Pod): string[] {
  const { command = [], args = [] } = firstContainer(pod)
  return [...command, ...args]
}

function firstContainer({ spec }: Pod): Container {
  const container = spec?.containers[0]
  if (container === undefined) throw new Error('a pod without a container')
  return container
}

function securityFlags(context: SecurityContext, granted: readonly string[]): string[] {
  const strange = Object.keys(context).filter((key) => !UNDERSTOOD.has(key))
  if (strange.length > 0) throw new Error(`nobody knows how ctr does ${strange.join(', ')}`)
  const { runAsUser = 0, runAsGroup = 0, privileged = false } = context
  // The one of the image; ctr of Debian 12 has no flag for another one.
  if (runAsUser !== 0 || runAsGroup !== 0)
    throw new Error(`nobody knows how ctr runs as ${runAsUser}:${runAsGroup}`)
  return [
    ...(context.readOnlyRootFilesystem === true ? ['--read-only'] : []),
    // Where a manifest says nothing, Kubernetes allows it and ctr does not.
    ...(context.allowPrivilegeEscalation === false ? [] : ['--allow-new-privs']),
    ...(privileged ? ['--privileged'] : capabilityFlags(context, granted)),
    ...(context.seccompProfile?.type === 'RuntimeDefault' ? ['--seccomp'] : []),
  ]
}

function capabilityFlags({ capabilities = {} }: SecurityContext, granted: readonly string[]): string[] {
  const { add = [], drop = [] } = capabilities
  const dropped = drop.includes('ALL') ? granted : drop.map((name) => `CAP_${name}`)
  return [
    ...dropped.flatMap((name) => ['--cap-drop', name]),
    ...add.flatMap((name) => ['--cap-add', `CAP_${name}`]),
  ]
}

function mountFlags({ volumeMounts = [] }: Container, volumes: readonly Volume[]): string[] {
  return volumeMounts.flatMap(({ name, mountPath, readOnly = false }) => {
    const path = volumes.find((volume) => volume.name === name)?.hostPath?.path
    if (path === undefined) throw new Error(`no volume of the node is called ${name}`)
    const options = readOnly ? 'rbind:ro' : 'rbind:rw'
    return ['--mount', `type=bind,src=${path},dst=${mountPath},options=${options}`]
  })
}

function bytes(quantity: string): number {
  const mebibytes = /^(\d+)Mi$/.exec(quantity)?.[1]
  if (mebibytes === undefined) throw new Error(`nobody knows how many bytes ${quantity} are`)
  return Number(mebibytes) * MIB
}
