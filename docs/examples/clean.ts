// Takes a whole cluster down that init.ts has made:
//   clean.ts
import { rm } from 'node:fs/promises'
import { type ClusterNode, uninstall } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { readCluster } from './support/inventory-file.ts'
import { type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { Failure, leftovers, linesOf } from './support/reasons.ts'
import { run } from './support/run.ts'

/** All machines at once; what fails on one does not keep the others. */
export async function clean(flags: ClusterFlags, outside: Outside): Promise<void> {
  const cluster = await readCluster(flags.inventory)
  const left = await withMachines(cluster, flags, outside, async (machines) =>
    Promise.all(machines.map(async (machine) => await cleanOne(machine, outside))),
  )
  const reasons = left.filter(({ length }) => length > 0)
  if (reasons.length > 0) throw new Failure(`${reasons.length} machines are not clean`, reasons.flat())
  await rm(flags.inventory)
}

/** The installer first, while kubelet is there to stop the guard; kubeadm afterwards. Resolves with what is in the way. */
async function cleanOne({ host }: ClusterNode, { say }: Outside): Promise<readonly string[]> {
  try {
    const result = await uninstall(host)
    await run(host, ['kubeadm', 'reset', '--force'])
    if (result.ok) say(`${host.name}: is clean`)
    return leftovers(host, result)
  } catch (error) {
    return linesOf(host, error)
  }
}

await runWhenStarted(import.meta.filename, clean)
