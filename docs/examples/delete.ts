// Takes machines out of a cluster that init.ts has made:
//   delete.ts --master 192.0.2.13 --node 192.0.2.21
import { type Inventory, removeMaster, uninstall } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { type ClusterFile, readCluster, writeCluster } from './support/inventory-file.ts'
import { leaveCluster } from './support/kubeadm.ts'
import { machineAt, type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'

/** Workers first; then control planes, one at a time. */
export async function remove(flags: ClusterFlags, outside: Outside): Promise<void> {
  for (const address of [...flags.nodes, ...flags.masters]) {
    const cluster = await readCluster(flags.inventory)
    await removeOne(cluster, address, flags, outside)
    await writeCluster(flags.inventory, {
      ...cluster,
      masters: cluster.masters.filter((one) => one !== address),
      nodes: cluster.nodes.filter((one) => one !== address),
    })
  }
}

/** A control plane leaves every rule before it goes: no machine ever sends a connection to an apiserver that is gone. */
async function removeOne(
  cluster: ClusterFile,
  address: string,
  flags: ClusterFlags,
  outside: Outside,
): Promise<void> {
  await withMachines(cluster, flags, outside, async (machines) => {
    const leaving = machineAt(machines, address)
    const master = machines.find(({ role, address: own }) => role !== 'worker' && own !== address)
    if (master === undefined) throw new Error(`${address} is the last control plane: use clean.ts`)
    const inventory: Inventory = { nodes: machines, config: cluster.config }
    if (leaving.role !== 'worker') {
      const { ok, nodes } = await removeMaster(inventory, address)
      for (const { node, state } of nodes) outside.say(`${node.host.name}: ${state}`)
      if (!ok) throw new Error(`some machines still know ${address}: run delete.ts again`, { cause: nodes })
    }
    await leaveCluster(master.host, leaving.host)
    const { ok } = await uninstall(leaving.host)
    outside.say(
      `${leaving.host.name}: ${ok ? 'is as it was' : 'has something left, see lvscare-installer status'}`,
    )
  })
}

await runWhenStarted(import.meta.filename, remove)
