import { readFile } from 'node:fs/promises'
import { VERSION } from 'lvscare'
import type { NodeHost } from '../host/host.ts'
import { localHost } from '../host/local.ts'
import { sshHost } from '../host/ssh.ts'
import type { HostTarget, InstallerCliHost, SshTarget } from './host.ts'

/** The command line's outside in a process of its own. SIGINT and SIGTERM stop the work once; the second ends the process. */
export function processHost(): InstallerCliHost {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))
  }
  // Whoever reads our output may stop reading; the work goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    environment: process.env,
    version: VERSION,
    readFile: (path) => readFile(path, 'utf8'),
    openHost: (target) => openHost(target, stop.signal),
    signal: stop.signal,
  }
}

async function openHost(target: HostTarget, signal: AbortSignal): Promise<NodeHost> {
  if (target.kind === 'ssh') return await overSsh(target, signal)
  return localHost(target.root === undefined ? {} : { root: target.root })
}

async function overSsh(target: SshTarget, signal: AbortSignal): Promise<NodeHost> {
  const { user, address, port, command, password, privateKey, passphrase, knownHosts } = target
  const agent = process.env['SSH_AUTH_SOCK']
  return await sshHost({
    user,
    address,
    port,
    command,
    signal,
    ...(knownHosts === undefined ? {} : { hostKey: { files: [knownHosts] } }),
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(agent === undefined || agent === '' ? {} : { agent }),
  })
}
