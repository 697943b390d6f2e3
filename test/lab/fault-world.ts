import { type TestCluster, VIP, VIRTUAL } from './cluster.ts'
import { exec } from './exec.ts'
import { GuardProcess } from './guard.ts'
import { savedTable } from './ipvsadm.ts'
import { TableWatch } from './table-watch.ts'

/** A guard, its servers and the kernel's table, to which anything may happen; all of it can be healed. */
export class FaultWorld {
  readonly cluster: TestCluster
  readonly watch: TableWatch = new TableWatch(VIRTUAL.v4)
  /** What has been done so far, for whoever has to understand a failure. */
  readonly story: string[] = []
  /** Services of others, as rules: the guard must leave them alone. */
  readonly foreign = new Map<string, readonly string[]>()
  /** How each broken server is healed, by its name. */
  readonly #broken = new Map<string, () => unknown>()
  readonly #flags: readonly string[]
  #guard: GuardProcess | undefined
  #paused = false

  constructor(cluster: TestCluster, flags: readonly string[]) {
    this.cluster = cluster
    this.#flags = [...cluster.flags, ...flags]
  }

  /** The guard, unless it is dead. */
  get guard(): GuardProcess | undefined {
    return this.#guard
  }

  /** `running`, `paused` or `dead`; throws when it ended by itself. */
  get guardState(): 'running' | 'paused' | 'dead' {
    const guard = this.#guard
    if (guard === undefined) return 'dead'
    const { exitCode, signalCode } = guard.process
    if (exitCode !== null || signalCode !== null) {
      // Said once; whatever comes next finds it dead.
      this.#guard = undefined
      this.watch.offDuty()
      throw new Error(`the guard ended by itself: ${exitCode ?? signalCode} ${guard.words.join(' ')}`)
    }
    return this.#paused ? 'paused' : 'running'
  }

  /** Starts a guard. */
  startGuard(): void {
    this.#guard = new GuardProcess(this.#flags)
    this.watch.onDuty()
  }

  /** Kills the guard wherever it is. */
  async killGuard(): Promise<void> {
    this.watch.offDuty()
    await this.#guard?.kill()
    this.#guard = undefined
    this.#paused = false
  }

  /** The guard stands still and notices nothing. */
  pauseGuard(): void {
    this.watch.offDuty()
    this.#guard?.process.kill('SIGSTOP')
    this.#paused = true
  }

  /** The guard goes on where it was. */
  resumeGuard(): void {
    this.#guard?.process.kill('SIGCONT')
    this.#paused = false
    this.watch.onDuty()
  }

  /** A second one that sets the rules and exits, beside the guard or without it. */
  async runOnce(): Promise<void> {
    const once = new GuardProcess([...this.#flags, '--run-once'])
    const code = await once.ended
    // What the other one does at the same moment may be in its way, and it says so.
    if (code !== 0 && code !== 1) throw new Error(`--run-once ended with ${code}`)
  }

  /** Breaks a server in a way that `heal` undoes; false when it is broken already. */
  async breakServer(name: string, how: () => unknown, heal: () => unknown): Promise<boolean> {
    if (this.#broken.has(name)) return false
    this.#broken.set(name, heal)
    await how()
    return true
  }

  /** Heals a server; false when there is nothing to heal. */
  async healServer(name: string): Promise<boolean> {
    const heal = this.#broken.get(name)
    this.#broken.delete(name)
    await heal?.()
    return heal !== undefined
  }

  /** Ends every fault that would not end by itself. */
  async healAll(): Promise<void> {
    for (const name of [...this.#broken.keys()]) await this.healServer(name)
    if (this.guardState === 'paused') this.resumeGuard()
    if (this.guardState === 'dead') this.startGuard()
  }

  /** What the table says of others, and what it should say. */
  foreignRules(): { readonly found: readonly string[]; readonly wanted: readonly string[] } {
    const found = savedTable().filter((line) => !line.includes(`-t ${VIRTUAL.v4} `))
    return { found: found.sort(), wanted: [...this.foreign.values()].flat().sort() }
  }

  /** The whole rule of the guard as others see it, as one text to compare. */
  seen(): string {
    const own = savedTable().filter((line) => line.includes(`-t ${VIRTUAL.v4} `))
    const route = exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)
    const settings = ['expire_nodest_conn', 'expire_quiescent_template']
    return [...own.sort(), route, ...settings.map((name) => exec('sysctl', `net.ipv4.vs.${name}`))].join('\n')
  }

  /** Ends the guard and the watch, and heals the servers. */
  async close(): Promise<void> {
    this.watch.close()
    await this.killGuard()
    for (const name of [...this.#broken.keys()]) await this.healServer(name)
  }
}
