import { posix } from 'node:path'
import type { Container, VolumeMount } from 'kubernetes-types/core/v1.js'
import type { InstallerConfig } from '../config/config.ts'
import { FILE_FLAGS } from '../config/guard-flags.ts'
import type { HostPathVolume, V1Pod } from './types.ts'

/** Folders whose place in the container is taken by the image, or by the runtime. */
const OF_THE_IMAGE =
  /^\/(bin|boot|dev|etc|lib|lib32|lib64|proc|root|sbin|sys|tmp|usr|var)$|^\/(dev|lib|proc|sys|usr)\//

/** The files that flags of the guard name, each at the same path in the container, for reading only. */
export function fileMounts({ guard }: InstallerConfig): { mounts: VolumeMount[]; volumes: HostPathVolume[] } {
  const named = FILE_FLAGS.flatMap((flag) => {
    const file = guard.flags.get(flag)?.at(-1)
    return file === undefined ? [] : [{ name: flag, ...mountable(posix.normalize(file)) }]
  })
  const each = named.filter(({ path }, index) => named.findIndex((one) => one.path === path) === index)
  return {
    mounts: each.map(({ name, path }) => ({ mountPath: path, name, readOnly: true })),
    volumes: each.map(({ name, path, type }) => ({ hostPath: { path, type }, name })),
  }
}

/**
 * The folder of a file, so that the guard sees a new file in its place, and where a link in it leads: a mount of a file
 * keeps the old one for ever. The file alone where the folder would hide what the image has there.
 */
function mountable(file: string): { path: string; type: 'Directory' | 'File' } {
  const folder = posix.dirname(file)
  const isHiding = folder === '/' || OF_THE_IMAGE.test(folder)
  return isHiding ? { path: file, type: 'File' } : { path: folder, type: 'Directory' }
}

/** The fields of a container and its pod for mounts; none where there is nothing to mount. */
export function mounted(
  mounts: VolumeMount[],
  volumes: HostPathVolume[],
): { container: Pick<Container, 'volumeMounts'>; spec: Pick<V1Pod['spec'], 'volumes'> } {
  if (volumes.length === 0) return { container: {}, spec: {} }
  return { container: { volumeMounts: mounts }, spec: { volumes } }
}
