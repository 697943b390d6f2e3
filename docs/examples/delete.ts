// Takes machines out of a cluster that init.ts has made:
//   delete.ts --master 192.0.2.13 --node 192.0.2.21
import { type Inventory, type NodeHost, removeMaster, uninstall } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { type ClusterFile, readCluster, writeCluster } from './support/inventory-file.ts'
import { deleteDeadNode, leaveCluster } from './support/kubeadm.ts'
import { type Outside, openIfAlive, withFirstAlive, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { clusterReasons, Failure, leftovers } from './support/reasons.ts'

/** Workers first; then control planes, one at a time. */
export async function remove(flags: ClusterFlags, outside: Outside): Promise<void> {
  for (const address of [...flags.nodes, ...flags.masters]) {
    const cluster = await readCluster(flags.inventory)
    await removeOne(cluster, address, flags, outside)
    await writeCluster(flags.inventory, without(cluster, address))
  }
}

/** A control plane leaves every rule before it goes: no machine ever sends a connection to an apiserver that is gone. */
async function removeOne(
  cluster: ClusterFile,
  address: string,
  flags: ClusterFlags,
  outside: Outside,
): Promise<void> {
  const isMaster = cluster.masters.includes(address)
  if (!isMaster && !cluster.nodes.includes(address))
    throw new Error(`${address} is not a machine of this cluster`)
  const others = without(cluster, address)
  if (others.masters.length === 0) throw new Error(`${address} is the last control plane: use clean.ts`)
  if (isMaster) await leaveRules(cluster, address, flags, outside)
  await withFirstAlive(others.masters, flags, outside, async (master) => {
    const leaving = await openIfAlive(address, flags, outside)
    if (leaving === undefined) return await forget(master, address, isMaster, outside)
    try {
      await leave(master, leaving, outside)
    } finally {
      await leaving.close()
    }
  })
}

/** The one that leaves is not opened for it: it may be dead. */
async function leaveRules(
  cluster: ClusterFile,
  address: string,
  flags: ClusterFlags,
  outside: Outside,
): Promise<void> {
  await withMachines(without(cluster, address), flags, outside, async (machines) => {
    const inventory: Inventory = {
      nodes: machines,
      config: { ...cluster.config, servers: cluster.config.servers ?? cluster.masters },
    }
    const { ok, nodes } = await removeMaster(inventory, address)
    for (const { node, state } of nodes) outside.say(`${node.host.name}: ${state}`)
    if (!ok)
      throw new Failure(`some machines still know ${address}: run delete.ts again`, clusterReasons(nodes))
  })
}

async function leave(master: NodeHost, leaving: NodeHost, { say }: Outside): Promise<void> {
  await leaveCluster(master, leaving)
  const result = await uninstall(leaving)
  if (result.ok) return say(`${leaving.name}: is as it was`)
  say(`${leaving.name}: has something left, see lvscare-installer status`)
  for (const line of leftovers(leaving, result)) say(line)
}

/** A machine that cannot be reached is only taken out; what would have been done there, the operator has to know. */
async function forget(master: NodeHost, address: string, isMaster: boolean, { say }: Outside): Promise<void> {
  const name = await deleteDeadNode(master, address)
  say(
    `${address}: ${name === undefined ? 'no node has this address: take it out with kubectl delete node' : `the node ${name} is deleted`}`,
  )
  say(
    `${address}: nothing was cleaned there: if it comes back, run kubeadm reset --force and lvscare-installer uninstall on it`,
  )
  if (!isMaster) return
  say(`${address}: its member of etcd is still there: remove it with etcdctl member remove, in a pod of etcd`)
}

function without(cluster: ClusterFile, address: string): ClusterFile {
  const others = (addresses: readonly string[]): readonly string[] =>
    addresses.filter((one) => one !== address)
  return { ...cluster, masters: others(cluster.masters), nodes: others(cluster.nodes) }
}

await runWhenStarted(import.meta.filename, remove)
