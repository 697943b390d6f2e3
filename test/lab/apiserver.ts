import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Mode } from './apiserver-answers.ts'
import type { Counters, ListenerOptions } from './apiserver-listener.ts'
import type { Numbered, Obeyed, Order, PlannedStop } from './apiserver-program.ts'
import type { KeyPair } from './certificate.ts'
import type { TestHost } from './hosts.ts'
import { program } from './programs.ts'

/** The port of every test apiserver. */
export const PORT = 6443

/** What sort of apiserver it is. */
export type ApiServerOptions = Pick<ListenerOptions, 'clientAuthority' | 'http' | 'idleMs'> & {
  /** What it answers by path. */
  readonly documents?: Readonly<Record<string, string>>
}

/** An apiserver on a test host: a process that can be told to fall ill, and can be stopped and killed. */
export class ApiServer {
  readonly host: TestHost
  readonly #options: ApiServerOptions
  #pair: KeyPair
  #process: ChildProcess | undefined
  #orders = 0

  constructor(host: TestHost, pair: KeyPair, options: ApiServerOptions = {}) {
    this.host = host
    this.#pair = pair
    this.#options = options
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
    const [addresses, pair] = [[v4, v6], this.#pair]
    await this.#order({ kind: 'listen', name, addresses, port: PORT, pair, ...this.#options })
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

  /** What it has been asked since it was started. */
  async counters(): Promise<Counters> {
    return await this.#order({ kind: 'counters' })
  }

  /**
   * Stops as kube-apiserver does on SIGTERM: /readyz fails at once, everything else goes on for `delayMs`; then new
   * connections are refused, the open ones told so (GOAWAY), and open watches go on for `drainMs`. Resolves when it has
   * begun; `ended` when the process is gone.
   */
  async shutDown(stop: PlannedStop): Promise<{ readonly ended: Promise<void> }> {
    const gone = once(this.#running(), 'exit')
    await this.#order({ kind: 'shutdown', ...stop })
    const ended = gone.then(() => {
      this.#process = undefined
    })
    return { ended }
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

  async #order(order: Order): Promise<Counters> {
    const child = this.#running()
    this.#orders += 1
    const number = this.#orders
    return await new Promise((resolve, reject) => {
      const settle = (): void => void child.off('message', answered).off('exit', ended)
      const answered = (answer: Obeyed): void => {
        if (answer.number !== number) return
        settle()
        resolve(answer.counters)
      }
      const ended = (): void => {
        settle()
        reject(new Error(`the apiserver on ${this.host.name} ended`))
      }
      child.on('message', answered).on('exit', ended)
      child.send({ number, order } satisfies Numbered)
    })
  }

  #running(): ChildProcess {
    if (this.#process === undefined) throw new Error(`no apiserver runs on ${this.host.name}`)
    return this.#process
  }
}
