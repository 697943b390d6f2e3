import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Mode, Order } from './apiserver-program.ts'
import type { KeyPair } from './certificate.ts'
import type { TestHost } from './hosts.ts'
import { program } from './programs.ts'

/** The port of every test apiserver. */
export const PORT = 6443

/** An apiserver on a test host: a process that can be told to fall ill, and can be stopped and killed. */
export class ApiServer {
  readonly host: TestHost
  readonly #clientAuthority: string | undefined
  #pair: KeyPair
  #process: ChildProcess | undefined

  /** With `clientAuthority` only who shows a certificate of it is let in. */
  constructor(host: TestHost, pair: KeyPair, clientAuthority?: string) {
    this.host = host
    this.#pair = pair
    this.#clientAuthority = clientAuthority
  }

  /** `192.0.2.11:6443`. */
  get endpoint(): string {
    return `${this.host.v4}:${PORT}`
  }

  /** `[2001:db8::b]:6443`. */
  get endpoint6(): string {
    return `[${this.host.v6}]:${PORT}`
  }

  /** Starts the process; resolves when it listens. */
  async start(): Promise<void> {
    const args = ['netns', 'exec', this.host.name, process.execPath, program('apiserver')]
    this.#process = spawn('ip', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const { name, v4, v6 } = this.host
    const [pair, clientAuthority] = [this.#pair, this.#clientAuthority]
    await this.#order({ kind: 'listen', name, addresses: [v4, v6], port: PORT, pair, clientAuthority })
  }

  /** Changes how health checks are answered. */
  async behave(mode: Mode): Promise<void> {
    await this.#order({ kind: 'mode', mode })
  }

  /** Shows another certificate from now on; every connection ends, so that everybody sees it. */
  async present(pair: KeyPair): Promise<void> {
    this.#pair = pair
    await this.#order({ kind: 'pair', pair })
  }

  /** Ends every connection, and goes on. */
  async drop(): Promise<void> {
    await this.#order({ kind: 'drop' })
  }

  /** The process is killed as by the kernel's OOM killer; its host answers with RST from now on. */
  async kill(): Promise<void> {
    const child = this.#running()
    const gone = once(child, 'exit')
    // A stopped process does not die of SIGKILL's absence, but of SIGKILL itself: no SIGCONT needed.
    child.kill('SIGKILL')
    await gone
    this.#process = undefined
  }

  /** The process hangs: its kernel still accepts connections, nobody answers. */
  stop(): void {
    this.#running().kill('SIGSTOP')
  }

  /** The process goes on. */
  resume(): void {
    this.#running().kill('SIGCONT')
  }

  /** Ends the process if there is one. */
  async close(): Promise<void> {
    if (this.#process !== undefined) await this.kill()
  }

  async #order(order: Order): Promise<void> {
    const child = this.#running()
    const settled = new AbortController()
    const { signal } = settled
    const gone = once(child, 'exit', { signal }).then(() =>
      Promise.reject(new Error(`the apiserver on ${this.host.name} ended`)),
    )
    child.send(order)
    try {
      await Promise.race([once(child, 'message', { signal }), gone])
    } finally {
      // Or each order would leave its listeners behind.
      settled.abort()
    }
  }

  #running(): ChildProcess {
    if (this.#process === undefined) throw new Error(`no apiserver runs on ${this.host.name}`)
    return this.#process
  }
}
