import { type ClusterNode, type InstallerConfig, join } from '@lvscare/installer'
import type { Credentials } from './kubeadm.ts'
import type { Outside } from './machines.ts'
import { Failure, joinReasons } from './reasons.ts'

/** Sets a machine up and joins it: the way to the apiservers first, kubeadm then, and a look at the result. */
export async function joinMachine(
  { host, role }: ClusterNode,
  config: InstallerConfig,
  { token, caCertHashes, certificateKey }: Credentials,
  { say }: Outside,
): Promise<void> {
  const key = role === 'worker' ? {} : { certificateKey }
  const result = await join(config, host, { token, caCertHashes, ...key })
  const reasons = joinReasons(host, result)
  if (!result.ok) throw new Failure(`${host.name}: could not join`, reasons)
  for (const reason of reasons) say(reason)
  say(`${host.name}: joined as ${role}`)
}
