import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  fingerprint,
  judgeKey,
  type KnownHost,
  keyType,
  knownHostName,
  knownTypes,
  parseKnownHosts,
} from '../known-hosts.ts'
import { ifThere } from '../local-files.ts'
import type { HostKeyRule, SshOptions } from './options.ts'

/** Algorithms by the type of key they prove; the best first. Without ssh-dss, and RSA with SHA-1 last (RFC 8332). */
const ALGORITHMS = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']],
] as const

/** An algorithm by which a host proves its key. */
export type HostKeyAlgorithm = (typeof ALGORITHMS)[number][1][number]

/** Decides about the keys of one host. */
export interface HostKeyCheck {
  /** In the order in which they are asked for: first those of which a key is known. */
  readonly algorithms: HostKeyAlgorithm[]
  /** Why the key is not taken, and what to do; `undefined`: it is. */
  refusal(key: Buffer): string | undefined
}

/** The rules that come as known_hosts. */
type KnownHostsRule = Extract<HostKeyRule, { readonly files: unknown } | { readonly knownHosts: unknown }>

/** Reads what is known of a host. Rejects when a file cannot be read. */
export async function hostKeyCheck(options: SshOptions): Promise<HostKeyCheck> {
  const { address, port = 22, hostKey = { files: defaultFiles() } } = options
  if ('any' in hostKey) return { algorithms: algorithmsFor([]), refusal: () => undefined }
  if ('fingerprint' in hostKey) {
    const refusal = (key: Buffer): string | undefined => wrongFingerprint(hostKey.fingerprint, key)
    return { algorithms: algorithmsFor([]), refusal }
  }
  const known = await readKnown(hostKey)
  const host = knownHostName(address, port)
  return {
    algorithms: algorithmsFor(knownTypes(known, host)),
    refusal: (key) => refusal(known, options, key),
  }
}

function defaultFiles(): string[] {
  return [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']
}

async function readKnown(rule: KnownHostsRule): Promise<KnownHost[]> {
  if ('knownHosts' in rule) return parseKnownHosts(rule.knownHosts)
  const texts = await Promise.all(rule.files.map((file) => ifThere(readFile(file, 'utf8'))))
  return texts.flatMap((text) => parseKnownHosts(text ?? ''))
}

function algorithmsFor(types: readonly string[]): HostKeyAlgorithm[] {
  const known = ALGORITHMS.filter(([type]) => types.includes(type))
  const others = ALGORITHMS.filter(([type]) => !types.includes(type))
  return [...known, ...others].flatMap(([, algorithms]) => [...algorithms])
}

function wrongFingerprint(wanted: string, key: Buffer): string | undefined {
  const shown = fingerprint(key)
  if (shown === wanted.replace(/=+$/, '')) return undefined
  return `its host key is ${shown}, not ${wanted}: another machine answers there, or it was set up anew`
}

function refusal(
  known: readonly KnownHost[],
  { address, port = 22 }: SshOptions,
  key: Buffer,
): string | undefined {
  const host = knownHostName(address, port)
  const judged = judgeKey(known, host, key)
  const shown = `${fingerprint(key)} (${keyType(key)})`
  switch (judged.verdict) {
    case 'known':
      return undefined
    case 'revoked':
      return `its host key ${shown} is revoked (line ${linesOf(judged.known)} of known_hosts)`
    case 'changed':
      return (
        `its host key has changed: it shows ${shown}, which is not that of line ${linesOf(judged.known)} of known_hosts. ` +
        `Somebody may be in between; if the machine was set up anew, forget the old key: ssh-keygen -R '${host}'`
      )
    case 'unknown':
      return (
        `its host key is not known: it shows ${shown}. Compare that with the machine's own (ssh-keygen -l -f ` +
        `/etc/ssh/ssh_host_*_key.pub there), then add it: ssh-keyscan -p ${port} ${address} >> ~/.ssh/known_hosts`
      )
  }
}

function linesOf(known: readonly KnownHost[]): string {
  return known.map(({ line }) => line).join(', ')
}
