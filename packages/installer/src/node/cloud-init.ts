import type { InstallerConfig } from '../config/config.ts'
import { yamlText } from '../pod/yaml.ts'
import { buildNodeCommands } from './commands.ts'
import { buildNodeFiles } from './files.ts'

/** What has to be done on a node before kubeadm, as the user data of cloud-init. Its `runcmd` goes before that of kubeadm. */
export function toCloudInit(config: InstallerConfig): string {
  const files = buildNodeFiles(config).map(({ path, mode, content }) => ({
    path,
    owner: 'root:root',
    permissions: permissionsOf(mode),
    content,
  }))
  const data = {
    ...(files.length > 0 ? { write_files: files } : {}),
    // Lists are run without a shell; the first that fails does not end the others.
    runcmd: buildNodeCommands(config, { phase: 'before' }),
  }
  return `#cloud-config\n${yamlText(data, { sorted: false })}`
}

/** Permission bits as cloud-init and Cluster API write them: `0600`. */
export function permissionsOf(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
