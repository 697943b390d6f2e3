import { applyCluster, type Inventory, planCluster } from '@lvscare/installer'
import type { Outside } from './machines.ts'

/** Before one machine is changed: one that cannot be reached is found here, and whatever else is in the way. */
export async function lookFirst(inventory: Inventory, { say }: Outside): Promise<void> {
  const plan = await planCluster(inventory)
  for (const { host, severity, message } of plan.findings) say(`${host}: ${severity}: ${message}`)
  await applyCluster(plan, { dryRun: true })
}
