import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exec, outcome } from './exec.ts'
import type { TestHost } from './hosts.ts'
import { LVSCARE, program } from './programs.ts'

/**
 * Folders of which a node has its own: /etc and /usr/local as on this machine, the others empty. What is written there
 * is in memory, and goes with the node.
 */
const MOUNTS = `
  set -e
  mount -t tmpfs node "$1"
  for name in etc usr/local; do
    mkdir -p "$1/$name" "$1/scratch/$name"
    mount -t overlay overlay -o "lowerdir=/$name,upperdir=$1/$name,workdir=$1/scratch/$name" "/$name"
  done
  for folder in /var/lib /run; do mount -t tmpfs -o mode=755 node "$folder"; done
  echo ready
  exec sleep infinity`

/** A node of a cluster: the network of a test host, and file systems of its own. */
export class NodeWorld {
  readonly host: TestHost
  readonly #folder: string
  readonly #holder: ChildProcess

  private constructor(host: TestHost, folder: string, holder: ChildProcess) {
    this.host = host
    this.#folder = folder
    this.#holder = holder
  }

  /** Makes the node; its host must exist. */
  static async create(host: TestHost): Promise<NodeWorld> {
    const folder = mkdtempSync(join(tmpdir(), `lvscare-${host.name}-`))
    // `ip netns exec` and `unshare` replace themselves, so the process that is started stays the one that holds it all.
    const inside = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', MOUNTS, 'sh', folder]
    const holder = spawn('ip', ['netns', 'exec', host.name, ...inside], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const node = new NodeWorld(host, folder, holder)
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error(`node ${host.name} could not be made`))),
    ])
    node.write('/etc/hosts', `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${host.v4} ${host.name}\n`)
    node.write('/etc/hostname', `${host.name}\n`)
    // The operator of this machine may have much in his home that a shell would run first.
    node.write(
      '/etc/passwd',
      'root:x:0:0:root:/run/root:/bin/bash\nsshd:x:104:65534::/run/sshd:/usr/sbin/nologin\n',
    )
    node.write('/run/root/.profile', '')
    // Nobody can be asked: a name that is not in /etc/hosts must not take the time of a resolver.
    node.write('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n')
    node.script('/usr/local/bin/lvscare', `exec ${process.execPath} ${LVSCARE} "$@"`)
    return node
  }

  /** What comes before a command so that it runs on the node. */
  get prefix(): readonly [string, ...string[]] {
    return ['nsenter', '--target', `${this.#holder.pid}`, '--mount', '--net', '--']
  }

  /** Where a path of the node is found from outside. */
  path(path: string): string {
    return join(`/proc/${this.#holder.pid}/root`, path)
  }

  /** The text of a file; `undefined` where there is none. */
  read(path: string): string | undefined {
    const there = this.path(path)
    return existsSync(there) ? readFileSync(there, 'utf8') : undefined
  }

  /** Writes a file, with the folders above it. */
  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text)
    chmodSync(this.path(path), mode)
  }

  /** Writes a program for the shell. */
  script(path: string, text: string): void {
    this.write(path, `#!/bin/sh\n${text}\n`, 0o755)
  }

  /** A kubeadm of that release. */
  installKubeadm(version: string): void {
    this.script(
      '/usr/local/bin/kubeadm',
      `KUBEADM_VERSION=${version} exec ${process.execPath} ${program('kubeadm')} "$@"`,
    )
  }

  /** Runs a program on the node to its end and returns its standard output; throws when it fails. */
  readonly run = (command: string, ...args: string[]): string => {
    const [first, ...rest] = this.prefix
    return exec(first, ...rest, command, ...args)
  }

  /** The same, telling how it ended. */
  outcome(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ReturnType<typeof outcome> {
    return outcome([...this.prefix, ...argv], { env: { ...process.env, ...env }, timeout: 120_000 })
  }

  /** Starts a program on the node. */
  spawn(argv: readonly string[], options: SpawnOptions): ChildProcess {
    const [first, ...rest] = this.prefix
    return spawn(first, [...rest, ...argv], options)
  }

  /** Takes the file systems away; its host stays. Whatever runs there must be stopped before. */
  async remove(): Promise<void> {
    const gone = once(this.#holder, 'exit')
    this.#holder.kill('SIGKILL')
    await gone
    rmdirSync(this.#folder)
  }
}
