import type { Duplex } from 'node:stream'

/** Which keys of the host are taken. */
export type HostKeyRule =
  /** Files in the format of known_hosts; those that do not exist are left out. */
  | { readonly files: readonly string[] }
  /** The text of such a file. */
  | { readonly knownHosts: string }
  /** `SHA256:...`, as ssh-keygen -l shows it. */
  | { readonly fingerprint: string }
  /** Every key: for machines that were made a moment ago in a network of one's own, and for nothing else. */
  | { readonly any: true }

/** How a node is reached by SSH. */
export interface SshOptions {
  /** A name or an address. */
  readonly address: string
  /** @default 22 */
  readonly port?: number
  /** Must be root on the node. @default 'root' */
  readonly user?: string
  readonly password?: string
  /** The text of a private key. */
  readonly privateKey?: string
  /** Opens the private key. */
  readonly passphrase?: string
  /** The socket of an ssh-agent, such as what SSH_AUTH_SOCK says. */
  readonly agent?: string
  /** @default the known_hosts of this user and of this machine */
  readonly hostKey?: HostKeyRule
  /** Time for all of it: connection, keys, signing in. In milliseconds. @default 20000 */
  readonly connectTimeoutMs?: number
  /** Time for one operation on a file. In milliseconds. @default 60000 */
  readonly operationTimeoutMs?: number
  /** Time between two signs of life; three that stay unanswered end the connection. In milliseconds. @default 5000 */
  readonly keepaliveMs?: number
  /** How the guard is run on the node. @default ['lvscare'] */
  readonly command?: readonly string[]
  /** A connection to use instead of a new one, such as one through another machine. */
  readonly transport?: Duplex
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal
}

/** `root@192.0.2.11`, with the port where it is not the usual one. */
export function hostName({ address, port = 22, user = 'root' }: SshOptions): string {
  if (port === 22) return `${user}@${address}`
  return `${user}@${address.includes(':') ? `[${address}]` : address}:${port}`
}
