import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec } from './exec.ts'
import type { NodeWorld } from './node-world.ts'
import { waitFor } from './wait.ts'

/** What differs from an sshd that allows everything. */
export interface SshdOptions {
  readonly port?: number
  /** More lines of its configuration, instead of those of the same keyword below. */
  readonly lines?: readonly string[]
}

/** OpenSSH's own sshd on a node, with a host key of its own, for one key of one operator. */
export class Sshd {
  readonly port: number
  /** The operator's private key. */
  readonly identity: string
  /** A known_hosts file that has this node, and nobody else. */
  readonly knownHosts: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(node: NodeWorld, folder: string, { port = 22, lines = [] }: SshdOptions) {
    this.port = port
    this.#folder = folder
    this.identity = newKey(folder, 'identity')
    this.knownHosts = join(folder, 'known_hosts')
    const hostKey = newKey(folder, 'host')
    const name = port === 22 ? node.host.v4 : `[${node.host.v4}]:${port}`
    writeFileSync(this.knownHosts, `${name} ${readFileSync(`${hostKey}.pub`, 'utf8')}`)
    node.write('/run/operator.pub', readFileSync(`${this.identity}.pub`, 'utf8'), 0o600)
    const keywords = lines.map((line) => line.split(' ')[0])
    const others = configuration(node, port, hostKey).filter((line) => !keywords.includes(line.split(' ')[0]))
    node.write('/run/sshd_config', `${[...lines, ...others].join('\n')}\n`, 0o600)
    // Privileges are given up in an empty folder of this name.
    node.run('mkdir', '-p', '/run/sshd')
    const argv = ['/usr/sbin/sshd', '-D', '-e', '-f', '/run/sshd_config']
    this.#process = node.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit'] })
  }

  /** Starts it; resolves when it listens. */
  static async start(node: NodeWorld, options: SshdOptions = {}): Promise<Sshd> {
    const sshd = new Sshd(node, mkdtempSync(join(tmpdir(), 'lvscare-ssh-')), options)
    await waitFor('sshd', 20_000, () => node.run('ss', '-tlnH', 'sport', '=', `${sshd.port}`) !== '')
    return sshd
  }

  /** Ends it; connections that are open go on. */
  async stop(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await gone
    rmSync(this.#folder, { recursive: true })
  }
}

function newKey(folder: string, name: string): string {
  const path = join(folder, name)
  exec('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path)
  return path
}

function configuration(node: NodeWorld, port: number, hostKey: string): string[] {
  return [
    `ListenAddress ${node.host.v4}`,
    `Port ${port}`,
    `HostKey ${hostKey}`,
    'AuthorizedKeysFile /run/operator.pub',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'PidFile none',
    'LogLevel QUIET',
    'Subsystem sftp /usr/lib/openssh/sftp-server',
  ]
}
