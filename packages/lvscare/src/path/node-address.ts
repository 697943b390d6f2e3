import { readFileSync } from 'node:fs'
import { addressFamily, formatAddress, parseAddress, type Rtnetlink } from '@lvscare/netlink'
import type { RuleConfig } from '../config.ts'
import type { Endpoint } from '../endpoint.ts'
import { NodeAddressError } from '../errors.ts'

/** The name that sealos writes into /etc/hosts for the node's own address. */
export const NODE_NAME = 'lvscare.node.ip'

/** Where the operator may have said which address this node has, best first. */
export interface NodeAddressSources {
  /** `--ip`. */
  readonly flag: string | undefined
  /** `LVSCARE_NODE_IP`. */
  readonly environment: string | undefined
  /** The text of /etc/hosts. */
  readonly hosts: string
}

/** The address the operator gave, of the family of `virtual`; `undefined` when nobody said one. */
export function configuredNodeAddress(sources: NodeAddressSources, virtual: Endpoint): string | undefined {
  const candidates = [sources.flag, sources.environment, ...addressesOf(NODE_NAME, sources.hosts)]
  return candidates
    .filter((text) => text !== undefined && addressFamily(text) === virtual.family)
    .map((text) => formatAddress(parseAddress(text ?? '').bytes))
    .find((address) => address !== virtual.address)
}

/** Addresses of a name in the text of /etc/hosts (hosts(5)), in order. */
export function addressesOf(name: string, hosts: string): string[] {
  return hosts
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address, ...names]) => address !== undefined && names.includes(name))
    .map(([address = '']) => address)
}

/**
 * The source the kernel itself would use towards the first real server to which it knows a way.
 *
 * Asked again on every pass: after a change of the node's address the route would otherwise keep a source that the
 * node no longer owns. Throws {@link NodeAddressError} when there is no way to any server and never was.
 */
export function kernelNodeAddress(
  table: Pick<Rtnetlink, 'lookup'>,
  servers: readonly Endpoint[],
): () => string {
  let last: string | undefined
  return () => {
    for (const { address } of servers) {
      const source = table.lookup(address)?.preferredSource
      if (source === undefined) continue
      last = source
      break
    }
    if (last === undefined) throw new NodeAddressError(servers.map(({ text }) => text).join(', '))
    return last
  }
}

/** What the operator said, else what the kernel would use towards the servers; asked for again on every pass. */
export function nodeAddressOf(
  { nodeAddress, virtual, servers }: Pick<RuleConfig, 'nodeAddress' | 'virtual' | 'servers'>,
  routes: Pick<Rtnetlink, 'lookup'>,
): () => string {
  const said = { flag: nodeAddress, environment: process.env['LVSCARE_NODE_IP'] }
  const configured =
    configuredNodeAddress({ ...said, hosts: '' }, virtual) ??
    configuredNodeAddress({ ...said, hosts: readHosts() }, virtual)
  return configured === undefined ? kernelNodeAddress(routes, servers) : () => configured
}

/** A node whose /etc/hosts cannot be read has not named itself there: the kernel is asked instead. */
function readHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8')
  } catch {
    return ''
  }
}
