import type { InstallerConfig } from '../config/config.ts'
import { permissionsOf } from './cloud-init.ts'
import { buildNodeCommands } from './commands.ts'
import { buildNodeFiles } from './files.ts'
import { shellLine } from './shell.ts'

/** A file of a KubeadmConfigSpec (bootstrap.cluster.x-k8s.io). */
export interface ClusterApiFile {
  readonly path: string
  readonly owner: string
  /** Such as `0600`. */
  readonly permissions: string
  readonly content: string
}

/** The fields of a KubeadmConfigSpec that set a node up. */
export interface ClusterApiFields {
  readonly files: readonly ClusterApiFile[]
  /** Lines for a shell. */
  readonly preKubeadmCommands: readonly string[]
  readonly postKubeadmCommands: readonly string[]
}

/** The same as files and commands, to be put into the KubeadmConfig of nodes that are made by Cluster API. */
export function toClusterApi(config: InstallerConfig): ClusterApiFields {
  return {
    files: buildNodeFiles(config).map(({ path, mode, content }) => ({
      path,
      owner: 'root:root',
      permissions: permissionsOf(mode),
      content,
    })),
    preKubeadmCommands: buildNodeCommands(config, { phase: 'before' }).map(shellLine),
    postKubeadmCommands: buildNodeCommands(config, { phase: 'after' }).map(shellLine),
  }
}
