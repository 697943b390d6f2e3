// Takes a whole cluster down that init.ts has made:
//   clean.ts
import { rm } from 'node:fs/promises'
import { type ClusterNode, uninstall } from '@lvscare/installer'
import type { ClusterFlags } from './support/flags.ts'
import { readCluster } from './support/inventory-file.ts'
import { type Outside, withMachines } from './support/machines.ts'
import { runWhenStarted } from './support/main.ts'
import { run } from './support/run.ts'

/** All machines at once; what fails on one does not keep the others. */
export async function clean(flags: ClusterFlags, outside: Outside): Promise<void> {
  const cluster = await readCluster(flags.inventory)
  const left = await withMachines(cluster, flags, outside, async (machines) => {
    const all = await Promise.allSettled(machines.map(async (machine) => await cleanOne(machine, outside)))
    return all.filter(({ status }) => status === 'rejected')
  })
  const [first] = left
  if (first !== undefined) throw new Error(`${left.length} machines are not clean`, { cause: first })
  await rm(flags.inventory)
}

/** The installer first, while kubelet is there to stop the guard; kubeadm afterwards. */
async function cleanOne({ host }: ClusterNode, { say }: Outside): Promise<void> {
  const { ok, notUndone } = await uninstall(host)
  await run(host, ['kubeadm', 'reset', '--force'])
  if (!ok) throw new Error(`${host.name}: ${notUndone.map(({ step }) => step.title).join(', ')} is left`)
  say(`${host.name}: is clean`)
}

await runWhenStarted(import.meta.filename, clean)
