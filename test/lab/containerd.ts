import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec, outcome } from './exec.ts'
import { waitFor } from './wait.ts'

/** Where kubelet's containers are: containerd keeps those of others apart. */
const NAMESPACE = 'k8s.io'

/** The capabilities and other settings that a container gets which asks for nothing. */
export interface OciSpec {
  process: {
    args?: string[]
    env?: string[]
    noNewPrivileges: boolean
    user: { uid: number; gid: number }
    capabilities: Record<string, string[]>
  }
  root: { path: string; readonly?: boolean }
  linux: { namespaces: { type: string }[]; readonlyPaths?: string[]; cgroupsPath?: string }
}

/** A real containerd (Debian's package, with runc), with all that is its own in a folder in memory. */
export class Containerd {
  /** Nothing but what its configuration names is used, so one that runs on this machine is not met. */
  readonly folder: string
  readonly #process: ChildProcess
  readonly #socket: string

  private constructor(folder: string) {
    this.folder = folder
    this.#socket = join(folder, 'socket')
    const config = join(folder, 'config.toml')
    writeFileSync(config, configuration(folder, this.#socket))
    const log = openSync(join(process.env['LVSCARE_RESULTS'] ?? folder, 'containerd.log'), 'a')
    this.#process = spawn('containerd', ['--config', config], { stdio: ['ignore', log, log] })
    closeSync(log)
  }

  /** Starts it; resolves when it answers. */
  static async start(): Promise<Containerd> {
    const containerd = new Containerd(mkdtempSync(join(tmpdir(), 'lvscare-containerd-')))
    await waitFor('containerd', 60_000, () => containerd.#answers())
    return containerd
  }

  /** The command line of `ctr` for what a caller wants of it. */
  command(...args: readonly string[]): [string, ...string[]] {
    return ['ctr', '--address', this.#socket, '--namespace', NAMESPACE, ...args]
  }

  /** Runs `ctr` to its end. */
  ctr(...args: readonly string[]): string {
    const [program, ...rest] = this.command(...args)
    return exec(program, ...rest)
  }

  /** What a container gets that asks for nothing. */
  defaults(): OciSpec {
    return JSON.parse(this.ctr('oci', 'spec')) as OciSpec
  }

  /** The process of a container on the node. */
  pidOf(id: string): number {
    const [, pid] = this.#tasks().find(([task]) => task === id) ?? []
    if (pid === undefined) throw new Error(`no container ${id} runs`)
    return Number(pid)
  }

  /** Ends every container at once. */
  removeAll(): void {
    for (const [id = ''] of this.#tasks()) outcome(this.command('tasks', 'delete', '--force', id))
  }

  /** Ends every container, and itself. */
  async stop(): Promise<void> {
    this.removeAll()
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.folder, { recursive: true })
  }

  /** Each container that runs: its name, process and state. */
  #tasks(): string[][] {
    const [, ...rows] = this.ctr('tasks', 'list').trim().split('\n')
    return rows.map((row) => row.trim().split(/\s+/))
  }

  #answers(): boolean {
    if (this.#process.exitCode !== null) throw new Error(`containerd ended with ${this.#process.exitCode}`)
    return outcome(this.command('version')).code === 0
  }
}

/** kubelet's interface is left out: ctr does not need it, and it takes the longest to start. */
function configuration(folder: string, socket: string): string {
  return [
    'version = 2',
    `root = "${join(folder, 'root')}"`,
    `state = "${join(folder, 'state')}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `  address = "${socket}"`,
    '[ttrpc]',
    `  address = "${socket}.ttrpc"`,
    '',
  ].join('\n')
}
