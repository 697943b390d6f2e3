import { readFile } from 'node:fs/promises'
import { type ClusterNode, type NodeHost, type Role, sshHost } from '@lvscare/installer'
import type { ClusterFlags } from './flags.ts'

/** Opens a machine; a test hands in its own. */
export type OpenHost = (address: string, flags: ClusterFlags) => Promise<NodeHost>

/** What a program gets from outside. */
export interface Outside {
  readonly openHost: OpenHost
  readonly say: (line: string) => void
}

/** Over SSH; the key of every machine must be in known_hosts already. */
export const overSsh: OpenHost = async (address, { user, password, privateKey }) =>
  await sshHost({
    address,
    user,
    ...(password === undefined ? { privateKey: await readFile(privateKey, 'utf8') } : { password }),
  })

/** Opens masters and workers, the first master first, and closes all of them in the end. */
export async function withMachines<T>(
  machines: { readonly masters: readonly string[]; readonly nodes: readonly string[] },
  flags: ClusterFlags,
  { openHost }: Outside,
  work: (nodes: readonly ClusterNode[]) => Promise<T>,
): Promise<T> {
  const opened: ClusterNode[] = []
  const open = async (address: string, role: Role): Promise<void> => {
    opened.push({ address, role, host: await openHost(address, flags) })
  }
  try {
    for (const [index, address] of machines.masters.entries())
      await open(address, index === 0 ? 'first-control-plane' : 'control-plane')
    for (const address of machines.nodes) await open(address, 'worker')
    return await work(opened)
  } finally {
    await Promise.all(opened.map(({ host }) => host.close()))
  }
}

/** The machine at an address; throws when it is not among them. */
export function machineAt(nodes: readonly ClusterNode[], address: string): ClusterNode {
  const found = nodes.find((node) => node.address === address)
  if (found === undefined) throw new Error(`${address} is not a machine of this cluster`)
  return found
}
