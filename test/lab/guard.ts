import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { LVSCARE } from './programs.ts'
import { waitFor } from './wait.ts'

/** One line of the guard's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string }

/** A running `lvscare care`, as a process of its own. */
export class GuardProcess {
  /** Everything it has logged so far. */
  readonly log: LogLine[] = []
  /** Lines on stderr that are not JSON: the last words of a failing command. */
  readonly words: string[] = []
  readonly process: ChildProcess
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>

  /** Every guard that still runs: a failed test must not leave one behind that repairs the next test's table. */
  static readonly #running = new Set<GuardProcess>()

  /** `command` is what the flags are given to: a shell around the guard must replace itself by it. */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    [program, ...rest]: readonly [string, ...string[]] = [process.execPath, LVSCARE, 'care'],
  ) {
    this.process = spawn(program, [...rest, ...args], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...env },
    })
    GuardProcess.#running.add(this)
    this.ended = once(this.process, 'close').then(([code, signal]) => {
      GuardProcess.#running.delete(this)
      return code ?? signal
    })
    if (this.process.stderr === null) throw new Error('the guard has no stderr')
    createInterface({ input: this.process.stderr }).on('line', (line) => this.#take(line))
  }

  /** Kills every guard that still runs. */
  static async killAll(): Promise<void> {
    for (const guard of GuardProcess.#running) await guard.kill()
  }

  /** Ends it at once, wherever it is. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }

  /** The records with this message, so far. */
  records(message: string): LogLine[] {
    return this.log.filter(({ msg }) => msg === message)
  }

  /** Waits until a line with this message, and for which `matches` holds, has been logged. */
  logged(
    message: string,
    limitMs: number,
    matches: (line: LogLine) => boolean = () => true,
  ): Promise<LogLine> {
    return waitFor(`log line "${message}"`, limitMs, () =>
      this.log.find((line) => line.msg === message && matches(line)),
    )
  }

  /** Asks it to stop; resolves with its exit code and the milliseconds it took. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | NodeJS.Signals; ms: number }> {
    const start = performance.now()
    this.process.kill(signal)
    const code = await this.ended
    return { code, ms: performance.now() - start }
  }

  #take(line: string): void {
    if (line.startsWith('{')) this.log.push(JSON.parse(line))
    else this.words.push(line)
  }
}
