import { randomBytes } from 'node:crypto'
import { messageOf } from 'lvscare'
import type { ClientChannel } from 'ssh2'
import { aborted } from '../failure.ts'
import type { ExecOptions, ExecResult } from '../host.ts'
import { OutputKeeper } from '../output.ts'
import { commandLine, Prologue } from './command-line.ts'
import type { SshSession } from './session.ts'

/** How long a program that is told to end may take before it is killed, and then before nobody waits any more; in milliseconds. */
const GRACE_MS = 5000

/** Runs a program on the other side; rejects when it cannot be run, was ended by signal or time limit, or prints too much. */
export async function execOverSsh(
  session: SshSession,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { signal, timeoutMs, input = '' } = options
  const marker = randomBytes(12).toString('hex')
  const line = commandLine(argv, marker)
  signal?.throwIfAborted()
  const run = new Run(session, marker, options)
  const onAbort = (): void => run.end(aborted(signal?.reason))
  const late = (): void => run.end(new Error(`it did not end within ${timeoutMs} ms`))
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const result = await session.ask<ExecResult>({}, (resolve, reject) => {
      run.settle(resolve, reject)
      // Everything at once in here: a program may have ended by the time that a promise would have told of its beginning.
      session.exec(line, (channel) => run.begin(channel, input), reject)
    })
    return runnable(result)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    run.finish()
  }
}

/** Throws what env says when it cannot run a program. */
function runnable(result: ExecResult): ExecResult {
  const { code, stderr } = result
  if ((code !== 127 && code !== 126) || !/^env: /m.test(stderr)) return result
  throw new Error(code === 127 ? 'there is no such program' : stderr.trim())
}

/** One program on the other side, from its beginning to its end. */
class Run {
  readonly #session: SshSession
  readonly #kept: OutputKeeper
  readonly #prologues: Readonly<Record<'stdout' | 'stderr', Prologue>>
  readonly #timers: NodeJS.Timeout[] = []
  #channel: ClientChannel | undefined
  #ended: Error | undefined
  #finished = false
  /** `null` until the other side has told it. */
  #code: number | undefined | null = null
  #resolve: (result: ExecResult) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(session: SshSession, marker: string, options: ExecOptions) {
    this.#session = session
    this.#kept = new OutputKeeper(options)
    this.#prologues = { stdout: new Prologue(marker), stderr: new Prologue(marker) }
  }

  settle(resolve: (result: ExecResult) => void, reject: (error: Error) => void): void {
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(channel: ClientChannel, input: string): void {
    this.#channel = channel
    channel.on('error', (error: Error) => this.#reject(error))
    // Nobody waits any more for what begins too late; without input and output it will not get far.
    if (this.#finished) {
      this.finish()
      return
    }
    channel.on('data', (chunk: Buffer) => this.#keep('stdout', chunk))
    channel.stderr.on('data', (chunk: Buffer) => this.#keep('stderr', chunk))
    channel.on('exit', (status: number | null) => {
      this.#code = status ?? undefined
    })
    channel.on('close', () => this.#close())
    channel.end(input)
  }

  /** Tells the program and its children to end, then kills them, and then waits no longer. */
  end(reason: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    const pid = this.#prologues.stdout.pid
    if (pid === undefined) {
      this.#giveUp('it may begin all the same')
      return
    }
    this.#kill('TERM', pid)
    this.#timers.push(
      setTimeout(() => this.#kill('KILL', pid), GRACE_MS),
      setTimeout(() => this.#giveUp('it may still run there'), 2 * GRACE_MS),
    )
  }

  finish(): void {
    this.#finished = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#channel?.close()
  }

  /** By a command of its own: sshd takes no signals for root's programs ("requires privilege separation"). */
  #kill(signal: 'TERM' | 'KILL', pid: number): void {
    const failed = (error: Error): void => this.#giveUp(`it may still run there: ${messageOf(error)}`)
    // sshd makes the program the leader of a group; its children are in it.
    this.#session.exec(
      `exec sh -c 'kill -s ${signal} -- -${pid}'`,
      (channel) => void channel.resume(),
      failed,
    )
  }

  #giveUp(left: string): void {
    const { message, cause } = this.#ended ?? new Error('it was given up')
    this.#reject(new Error(`${message}; ${left}`, { cause }))
  }

  #keep(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#ended !== undefined) return
    try {
      const own = this.#prologues[stream].skip(chunk)
      if (own.length > 0) this.#kept.add(stream, own)
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #close(): void {
    const { pid, text } = this.#prologues.stdout
    if (this.#ended !== undefined) this.#reject(this.#ended)
    else if (this.#code === null) this.#reject(new Error('the connection to it was closed before it ended'))
    else if (pid === undefined)
      this.#reject(new Error(`the login shell does not run it: ${text || 'it says nothing'}`))
    else this.#resolve({ code: this.#code, ...this.#kept.texts() })
  }
}
