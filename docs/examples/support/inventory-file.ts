import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Inventory, RawConfig } from '@lvscare/installer'

/** The machines of a cluster as they are written down; nothing secret. */
export interface ClusterFile {
  readonly masters: readonly string[]
  readonly nodes: readonly string[]
  /** What holds for all of them. */
  readonly config: Inventory['config']
}

/** Reads what an earlier program wrote. */
export async function readCluster(path: string): Promise<ClusterFile> {
  const {
    masters = [],
    nodes = [],
    config = {},
  } = JSON.parse(await readFile(path, 'utf8')) as Partial<ClusterFile>
  return { masters, nodes, config }
}

/** Writes the machines down, so that a crash leaves the old file or the new one. */
export async function writeCluster(path: string, cluster: ClusterFile): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(cluster, undefined, 2)}\n`)
  await rename(`${path}.new`, path)
}

/** The settings that the flags give, and no others. */
export function settings(flags: {
  readonly vip?: string | undefined
  readonly version?: string | undefined
}): RawConfig {
  return {
    ...(flags.vip === undefined ? {} : { vip: flags.vip }),
    ...(flags.version === undefined ? {} : { kubernetesVersion: flags.version }),
    // The virtual IP of sealos is inside kubeadm's own default range of services.
    serviceSubnet: '10.96.0.0/22',
    podSubnet: '100.64.0.0/10',
  }
}
