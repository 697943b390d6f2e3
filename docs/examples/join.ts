// Joins workers to a cluster that is there already, however it was made; --master are its control planes:
//   join.ts --master 192.0.2.11,192.0.2.12 --node 192.0.2.22 --version v1.31.4
import { type Inventory, nodeConfig } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { settings } from './support/inventory-file.ts'
import { joinMachine } from './support/join-machine.ts'
import { credentials } from './support/kubeadm.ts'
import { lookFirst } from './support/look-first.ts'
import { machineAt, type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { installPackage } from './support/package.ts'

/** One worker after the other, so that a mistake costs one. */
export async function join(flags: ClusterFlags, outside: Outside): Promise<void> {
  const { masters, nodes, packageUrl } = flags
  const [first] = masters
  if (first === undefined || nodes.length === 0)
    throw new Error('--master, --node: give at least one of each')
  await withMachines({ masters: [first], nodes }, flags, outside, async (machines) => {
    const inventory: Inventory = { nodes: machines, config: { ...settings(flags), servers: masters } }
    const workers = machines.filter(({ role }) => role === 'worker')
    await lookFirst({ ...inventory, nodes: workers }, outside)
    const access = await credentials(machineAt(machines, first).host)
    for (const node of workers) {
      if (packageUrl !== undefined) await installPackage(node.host, packageUrl)
      await joinMachine(node, nodeConfig(inventory, node), access, outside)
    }
  })
}

await runWhenStarted(import.meta.filename, join)
