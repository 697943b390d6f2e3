// Adds machines to a cluster that init.ts has made:
//   add.ts --master 192.0.2.14 --node 192.0.2.23 --pkg-url kube1.31.4.tar.gz
import { addMaster, type ClusterNode, type Inventory, nodeConfig, serversOf } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { type ClusterFile, readCluster, writeCluster } from './support/inventory-file.ts'
import { joinMachine } from './support/join-machine.ts'
import { credentials } from './support/kubeadm.ts'
import { lookFirst } from './support/look-first.ts'
import { machineAt, type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { installPackage } from './support/package.ts'
import { clusterReasons, Failure } from './support/reasons.ts'

/** New control planes first: every machine that is there follows, and new workers begin with all of them. */
export async function add(flags: ClusterFlags, outside: Outside): Promise<void> {
  let cluster = await readCluster(flags.inventory)
  for (const address of flags.masters) {
    if (cluster.nodes.includes(address)) throw new Error(`${address} is a worker of this cluster already`)
    cluster = { ...cluster, masters: having(cluster.masters, address) }
    await addOne(cluster, address, flags, outside)
    await writeCluster(flags.inventory, cluster)
  }
  for (const address of flags.nodes) {
    if (cluster.masters.includes(address))
      throw new Error(`${address} is a control plane of this cluster already`)
    cluster = { ...cluster, nodes: having(cluster.nodes, address) }
    await addOne(cluster, address, flags, outside)
    await writeCluster(flags.inventory, cluster)
  }
}

/** After init.ts has failed half-way, a machine may be written down that has not joined. */
function having(addresses: readonly string[], address: string): readonly string[] {
  return addresses.includes(address) ? addresses : [...addresses, address]
}

async function addOne(
  cluster: ClusterFile,
  address: string,
  flags: ClusterFlags,
  outside: Outside,
): Promise<void> {
  await withMachines(cluster, flags, outside, async (machines) => {
    const [first] = machines
    if (first === undefined || first.address === address) throw new Error('a cluster begins with init.ts')
    const node = machineAt(machines, address)
    const all: Inventory = { nodes: machines, config: cluster.config }
    await lookFirst({ nodes: [node], config: { ...cluster.config, servers: serversOf(all) } }, outside)
    if (flags.packageUrl !== undefined) await installPackage(node.host, flags.packageUrl)
    await joinMachine(node, nodeConfig(all, node), await credentials(first.host), outside)
    if (node.role !== 'worker') await follow(without(all, node), node, outside)
  })
}

/** Nothing is changed anywhere before every worker has seen the new apiserver healthy. */
async function follow(inventory: Inventory, { address }: ClusterNode, { say }: Outside): Promise<void> {
  const { ok, nodes } = await addMaster(inventory, address)
  for (const { node, state } of nodes) say(`${node.host.name}: ${state}`)
  if (!ok)
    throw new Failure(`some machines do not know ${address} yet: run add.ts again`, clusterReasons(nodes))
}

function without({ nodes, config }: Inventory, gone: ClusterNode): Inventory {
  return { nodes: nodes.filter((node) => node !== gone), config }
}

await runWhenStarted(import.meta.filename, add)
