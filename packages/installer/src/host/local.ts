import { chmod, lstat, mkdir, readdir, readFile, rmdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { cleanRule, requireComplete, ruleStatus, setRule } from 'lvscare'
import { sweep, writeAtomic } from './atomic-write.ts'
import { aborted, doing, doingTo } from './failure.ts'
import type { NodeHost, RuleControl } from './host.ts'
import { execLocally } from './local-exec.ts'
import { fileStat, ifThere, localFileCalls, stayInside } from './local-files.ts'
import { careOfArguments } from './rule-flags.ts'

/** What a {@link localHost} may be told. */
export interface LocalHostOptions {
  /** A folder that stands for the node's root directory: for files alone, programs and the rule are this machine's. */
  readonly root?: string
  /** For messages. @default 'this node' */
  readonly name?: string
}

/** This machine. The rule is set in its kernel directly, for which root is needed. */
export function localHost({ root = '', name = 'this node' }: LocalHostOptions = {}): NodeHost {
  const base = root.replace(/\/+$/, '')
  const calls = localFileCalls(base)
  const on = <T>(verb: string, path: string, work: (real: string) => Promise<T>): Promise<T> =>
    doingTo(name, verb, path, async () => {
      await stayInside(base, base + path)
      return await work(base + path)
    })
  return {
    name,
    readFile: (path) => on('read', path, (real) => ifThere(readFile(real))),
    stat: (path) =>
      on('look at', path, async (real) => {
        const found = await ifThere(lstat(real))
        return found && fileStat(found.mode)
      }),
    list: (path) => on('list', path, async (real) => (await ifThereFolder(real))?.sort()),
    writeFileAtomic: (path, content, mode) =>
      on('write', path, (real) => writeAtomic(calls, real, content, mode)),
    makeDirectory: (path, mode) => on('make the directory', path, (real) => makeDirectory(real, mode)),
    remove: (path) =>
      on('remove', path, async (real) => {
        const found = await ifThere(lstat(real))
        if (found?.isDirectory() === true) return await rmdir(real)
        await calls.unlink(real)
        await ifThere(sweep(calls, real))
      }),
    // Without its arguments: a token may be among them.
    exec: (argv, options = {}) => doing(name, `run ${argv[0]}`, () => execLocally(argv, options)),
    connect: (address, port, options) =>
      doing(name, `connect to ${address} port ${port}`, () => connectLocally(address, port, options)),
    rule: localRule(name),
    close: async () => {},
  }
}

/** A file where a directory should be is an error, not nothing. */
async function ifThereFolder(path: string): Promise<string[] | undefined> {
  return (await ifThere(lstat(path))) === undefined ? undefined : await readdir(path)
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  if ((await ifThere(lstat(path)))?.isDirectory() === true) return
  await mkdir(path)
  // Not by mkdir, which the umask takes bits from.
  await chmod(path, mode)
}

function localRule(name: string): RuleControl {
  return {
    observe: (virtual) => doing(name, `read the rule of ${virtual.text}`, () => ruleStatus(virtual)),
    set: (flags) =>
      doing(name, 'set the rule', () => requireComplete(setRule(careOfArguments(flags, 'run-once')))),
    clean: (flags) =>
      doing(name, 'take the rule back', () => requireComplete(cleanRule(careOfArguments(flags, 'clean')))),
  }
}

function connectLocally(
  host: string,
  port: number,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({ host, port })
    const onAbort = (): void => void socket.destroy(aborted(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    // Not the socket's own time limit, which begins anew with every sign of life.
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      act()
    }
    socket.once('error', (error) => settle(() => reject(error)))
    socket.once('connect', () => settle(() => resolve(socket)))
  })
}
