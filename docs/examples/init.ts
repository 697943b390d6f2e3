// Makes a cluster of bare machines:
//   init.ts --master 192.0.2.11,192.0.2.12,192.0.2.13 --node 192.0.2.21 --pkg-url kube1.31.4.tar.gz --version v1.31.4
import {
  applyCluster,
  type ClusterNode,
  type Inventory,
  type NodePlan,
  planCluster,
} from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { settings, writeCluster } from './support/inventory-file.ts'
import { joinMachine } from './support/join-machine.ts'
import {
  type Credentials,
  credentials,
  initCluster,
  kubeadmConfig,
  makeAuthorities,
} from './support/kubeadm.ts'
import { type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { installPackage, runScript } from './support/package.ts'

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
    const broken = result.nodes.find(({ state }) => state !== 'done')
    if (broken !== undefined) throw broken.error ?? new Error(`${broken.node.host.name} was not set up`)
  })
}

/** Before one machine is changed: one that cannot be reached is found here, and a virtual IP that cannot be used. */
async function lookFirst(inventory: Inventory, { say }: Outside): Promise<void> {
  const plan = await planCluster(inventory)
  for (const { host, severity, message } of plan.findings) say(`${host}: ${severity}: ${message}`)
  await applyCluster(plan, { dryRun: true })
}

/** What happens on a machine as soon as the installer has set it up. */
function kubeadmOn(flags: ClusterFlags, outside: Outside): (plan: NodePlan) => Promise<void> {
  let known: Promise<Credentials> | undefined
  return async ({ node, config }) => {
    if (node.role !== 'first-control-plane') {
      if (known === undefined) throw new Error('the first control plane comes first')
      return await joinMachine(node, config, await known, outside)
    }
    await makeAuthorities(node.host, config)
    await initCluster(node.host, await kubeadmConfig(config, flags.kubeadmConfig))
    if (flags.packageUrl !== undefined) await runScript(node.host, 'master.sh')
    outside.say(`${node.host.name}: the first control plane runs`)
    known = credentials(node.host)
    await known
  }
}

async function packages(
  machines: readonly ClusterNode[],
  flags: ClusterFlags,
  { say }: Outside,
): Promise<void> {
  const { packageUrl } = flags
  if (packageUrl === undefined) return
  await Promise.all(
    machines.map(async ({ host }) => {
      await installPackage(host, packageUrl)
      say(`${host.name}: has the package`)
    }),
  )
}

await runWhenStarted(import.meta.filename, init)
