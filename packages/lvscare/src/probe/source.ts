import { isIP } from 'node:net'

/** What `connect` of `node:net` and `node:tls` takes as its own end. */
export interface Source {
  readonly localAddress?: string
}

/**
 * Where a connection to a server itself, past the virtual IP, should come from: any address, and a port that bind(2) chooses.
 *
 * IPVS leaves the port of a client of this node as it is. Who comes through the virtual IP from a port that another connection to the
 * same server has is taken for that one by the server, or by this node, and hangs. bind(2) takes ports of the other parity than
 * connect(2) (`inet_csk_get_port` and `__inet_hash_connect` of the kernel), so that clients and the guard never meet:
 * docs/decisions/0020. `{}` for what is not an address.
 */
export function sourceBeside(address: string): Source {
  const family = isIP(address)
  if (family === 0) return {}
  return { localAddress: family === 4 ? '0.0.0.0' : '::' }
}
