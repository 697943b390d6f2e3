import { readFile } from 'node:fs/promises'
import { type ClusterNode, type NodeHost, type Role, sshHost } from '@lvscare/installer'
import { messageOf } from 'lvscare'
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

/** Opens a machine that may be dead: nothing then, and why is said. */
export async function openIfAlive(
  address: string,
  flags: ClusterFlags,
  { openHost, say }: Outside,
): Promise<NodeHost | undefined> {
  try {
    return await openHost(address, flags)
  } catch (error) {
    say(`${address}: cannot be reached: ${messageOf(error)}`)
    return undefined
  }
}

/** Works with the first machine that can be reached, and closes it in the end. */
export async function withFirstAlive<T>(
  addresses: readonly string[],
  flags: ClusterFlags,
  outside: Outside,
  work: (host: NodeHost) => Promise<T>,
): Promise<T> {
  for (const address of addresses) {
    const host = await openIfAlive(address, flags, outside)
    if (host === undefined) continue
    try {
      return await work(host)
    } finally {
      await host.close()
    }
  }
  throw new Error(`none of ${addresses.join(', ')} can be reached`)
}

/** The machine at an address; throws when it is not among them. */
export function machineAt(nodes: readonly ClusterNode[], address: string): ClusterNode {
  const found = nodes.find((node) => node.address === address)
  if (found === undefined) throw new Error(`${address} is not a machine of this cluster`)
  return found
}
