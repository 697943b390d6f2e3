// Makes a cluster of bare machines:
//   init.ts --master 192.0.2.11,192.0.2.12,192.0.2.13 --node 192.0.2.21 --pkg-url kube1.31.4.tar.gz --version v1.31.4
import {
  applyCluster,
  type ClusterNode,
  type InstallerConfig,
  type Inventory,
  type NodeHost,
  type NodePlan,
  planCluster,
} from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { settings, writeCluster } from './support/inventory-file.ts'
import { joinMachine } from './support/join-machine.ts'
import {
  ADMIN,
  type Credentials,
  credentials,
  initCluster,
  isInitialized,
  kubeadmConfig,
  makeAuthorities,
  useKubectl,
} from './support/kubeadm.ts'
import { lookFirst } from './support/look-first.ts'
import { type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { installPackage, runScript } from './support/package.ts'
import { clusterReasons, Failure } from './support/reasons.ts'
import { someAtATime } from './support/some-at-a-time.ts'

/** The order of requirement C3: package to all; first master; other masters; workers. */
export async function init(flags: ClusterFlags, outside: Outside): Promise<void> {
  const { masters, nodes, inventory: file } = flags
  if (masters.length === 0) throw new Error('--master: give at least one')
  await withMachines({ masters, nodes }, flags, outside, async (machines) => {
    const inventory: Inventory = { nodes: machines, config: settings(flags) }
    await lookFirst(inventory, outside)
    await packages(machines, flags, outside)
    await writeCluster(file, { masters, nodes, config: inventory.config })
    const result = await applyCluster(await planCluster(inventory), { onNode: kubeadmOn(flags, outside) })
    if (!result.ok)
      throw new Failure('some machines are not set up: run init.ts again', clusterReasons(result.nodes))
  })
}

/** What happens on a machine as soon as the installer has set it up. */
function kubeadmOn(flags: ClusterFlags, outside: Outside): (plan: NodePlan) => Promise<void> {
  let known: Promise<Credentials> | undefined
  return async ({ node, config }) => {
    if (node.role !== 'first-control-plane') {
      if (known === undefined) throw new Error('the first control plane comes first')
      return await joinMachine(node, config, await known, outside)
    }
    await initOnce(node.host, config, flags, outside)
    if (flags.packageUrl !== undefined) await runScript(node.host, 'master.sh')
    outside.say(`${node.host.name}: the first control plane runs`)
    known = credentials(node.host)
    await known
  }
}

/** A second `kubeadm init` would be refused, and other authorities would lock everybody out. */
async function initOnce(
  host: NodeHost,
  config: InstallerConfig,
  flags: ClusterFlags,
  { say }: Outside,
): Promise<void> {
  if (await isInitialized(host)) {
    say(
      `${host.name}: ${ADMIN} is there already: kubeadm init is not run again; if it had failed, kubeadm reset --force comes first`,
    )
  } else {
    await makeAuthorities(host, config)
    await initCluster(host, await kubeadmConfig(config, flags.kubeadmConfig))
  }
  await useKubectl(host)
}

async function packages(
  machines: readonly ClusterNode[],
  flags: ClusterFlags,
  { say }: Outside,
): Promise<void> {
  const { packageUrl } = flags
  if (packageUrl === undefined) return
  await someAtATime(machines, async ({ host }) => {
    await installPackage(host, packageUrl)
    say(`${host.name}: has the package`)
  })
}

await runWhenStarted(import.meta.filename, init)
