import { type ChildProcess, spawn } from 'node:child_process'
import { codeOf, messageOf } from 'lvscare'
import { aborted } from './failure.ts'
import type { ExecOptions, ExecResult } from './host.ts'
import { OutputKeeper } from './output.ts'
import { SBIN } from './search-path.ts'

/** How long a program that is told to end may take before it is killed, and then before nobody waits any more; in milliseconds. */
const GRACE_MS = 5000

/** How long output may go on after a program's end: a child of it may have kept the pipe. In milliseconds. */
const TAIL_MS = 1000

/** Runs a program on this machine; rejects when it cannot be run, was ended by signal or time limit, or prints too much. */
export function execLocally(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { input = '', signal, timeoutMs } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const [program = '', ...rest] = argv
    // A group of its own, so that its children can be ended with it; Ctrl-C of a terminal comes to us alone.
    const child = spawn(program, rest, { detached: true, env: environment(), stdio: 'pipe' })
    const kept = new OutputKeeper(options)
    const timers: NodeJS.Timeout[] = []
    let ended: unknown

    const end = (reason: unknown): void => {
      if (ended !== undefined) return
      ended = reason
      timers.push(
        setTimeout(() => kill('SIGKILL'), GRACE_MS),
        setTimeout(() => giveUp('it may still run'), 2 * GRACE_MS),
      )
      kill('SIGTERM')
    }
    const kill = (name: NodeJS.Signals): void => {
      try {
        killGroup(child, name)
      } catch (error) {
        giveUp(`it may still run: ${messageOf(error)}`)
      }
    }
    // The kernel may hold it (modprobe, while a module begins), or it is somebody else's (sudo).
    const giveUp = (left: string): void =>
      settle(() => {
        abandon(child)
        reject(new Error(`${messageOf(ended)}; ${left}`, { cause: ended }))
      })
    const onAbort = (): void => end(aborted(signal?.reason))
    const settle = (act: () => void): void => {
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      act()
    }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk: Buffer) => {
        try {
          if (ended === undefined) kept.add(stream, chunk)
        } catch (error) {
          end(error)
        }
      })
    signal?.addEventListener('abort', onAbort, { once: true })
    if (timeoutMs !== undefined)
      timers.push(setTimeout(() => end(new Error(`it did not end within ${timeoutMs} ms`)), timeoutMs))
    child.on('error', (error) => settle(() => reject(notRun(error))))
    child.on('exit', () => timers.push(setTimeout(() => closePipes(child), TAIL_MS)))
    child.on('close', (code) =>
      settle(() =>
        ended === undefined ? resolve({ code: code ?? undefined, ...kept.texts() }) : reject(ended),
      ),
    )
    // Whoever does not read its input is not wrong.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function notRun(error: Error): Error {
  return codeOf(error) === 'ENOENT' ? new Error('there is no such program', { cause: error }) : error
}

function environment(): NodeJS.ProcessEnv {
  const own = (process.env['PATH'] ?? '').split(':').filter((one) => one !== '')
  return { ...process.env, PATH: [...new Set([...own, ...SBIN])].join(':') }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Neither the program nor its pipes keep this one alive. */
function abandon(child: ChildProcess): void {
  child.stdin?.destroy()
  closePipes(child)
  child.unref()
}

function closePipes({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy()
  stderr?.destroy()
}
