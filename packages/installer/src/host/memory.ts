import type { Duplex } from 'node:stream'
import { HostError } from '../errors.ts'
import type { ExecOptions, ExecResult, NodeHost } from './host.ts'
import { type FilesSnapshot, type MemoryFile, MemoryFiles } from './memory/files.ts'
import {
  type Fault,
  isChange,
  type Operation,
  type OperationListener,
  Operations,
} from './memory/operations.ts'
import { MemoryRules } from './memory/rules.ts'

/** Plays a program; `undefined`: it is another one that was run. `host` is the node it runs on. */
export type ExecHandler = (
  argv: readonly string[],
  options: ExecOptions,
  host: MemoryHost,
) => Partial<ExecResult> | undefined | Promise<Partial<ExecResult> | undefined>

/** Plays whoever listens at an address; `undefined`: nobody. */
export type ConnectHandler = (
  address: string,
  port: number,
) => Duplex | undefined | Promise<Duplex | undefined>

/** What there is on a node in memory at the beginning. */
export interface MemoryHostOptions {
  /** @default 'memory' */
  readonly name?: string
  /** By path; the directories they need are made. @default FRESH_NODE */
  readonly files?: Readonly<Record<string, MemoryFile>>
  /** More directories. @default FRESH_DIRECTORIES */
  readonly directories?: readonly string[]
}

/** Everything on a node in memory, as plain data that can be compared. */
export interface MemorySnapshot {
  readonly files: FilesSnapshot
  /** The members of each rule, with their weights. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** A {@link NodeHost} for tests, with all that a test wants to see and to break. */
export interface MemoryHost extends NodeHost {
  /** The file system, past the log and the faults. */
  readonly files: MemoryFiles
  /** The kernel and the guards, past the log and the faults. */
  readonly kernel: MemoryRules
  /** What was asked of this host since {@link MemoryHost.forget}, in order; also what failed. */
  readonly operations: readonly Operation[]
  /** Those of the operations that may change something. */
  readonly changes: readonly Operation[]
  /** Empties the log of operations. */
  forget(): void
  /** The text of a file. */
  text(path: string): string | undefined
  /** All files and rules as they are now. */
  snapshot(): MemorySnapshot
  /** Adds programs; who came last is asked first. What no handler knows cannot be run. */
  onExec(handler: ExecHandler): void
  /** Adds listeners to TCP connections; who came last is asked first. Where no handler answers, nobody listens. */
  onConnect(handler: ConnectHandler): void
  /** Calls around every operation, to watch, to throw, or to play a kubelet that sees a file change. */
  onOperation(listener: OperationListener): void
  /** One operation fails, once. */
  failAt(fault: Fault, error?: Error): void
  /** From one operation on every one fails, as if the program had died, until {@link MemoryHost.revive}. */
  crashAt(fault: Fault): void
  /** Ends what {@link MemoryHost.crashAt} began: operations work again. */
  revive(): void
}

/** The files of a machine on which nothing was installed. */
export const FRESH_NODE: Readonly<Record<string, MemoryFile>> = {
  '/etc/hosts': '127.0.0.1\tlocalhost\n127.0.1.1\tnode\n::1\tlocalhost ip6-localhost ip6-loopback\n',
}

/** The directories of a machine on which nothing was installed. */
export const FRESH_DIRECTORIES: readonly string[] = [
  '/etc/modules-load.d',
  '/etc/sysctl.d',
  '/etc/systemd/system',
  '/var/lib',
]

/** A node in memory: files, rules, programs and connections are what a test says they are. */
export function memoryHost(options: MemoryHostOptions = {}): MemoryHost {
  const { name = 'memory', files: given = FRESH_NODE, directories = FRESH_DIRECTORIES } = options
  const files = new MemoryFiles(name)
  for (const path of directories) files.putDirectory(path)
  for (const [path, file] of Object.entries(given)) files.put(path, file)
  const kernel = new MemoryRules()
  const operations = new Operations(name)
  const programs: ExecHandler[] = []
  const listeners: ConnectHandler[] = []
  const run = operations.run.bind(operations)
  let forgotten = 0

  const host: MemoryHost = {
    name,
    files,
    kernel,
    readFile: (path) => run('readFile', path, () => files.read(path)),
    stat: (path) => run('stat', path, () => files.stat(path)),
    list: (path) => run('list', path, () => files.list(path)),
    writeFileAtomic: (path, content, mode) =>
      run('writeFileAtomic', path, () => files.write(path, content, mode)),
    makeDirectory: (path, mode) => run('makeDirectory', path, () => files.makeDirectory(path, mode)),
    remove: (path) => run('remove', path, () => files.remove(path)),
    exec: (argv, how = {}) => run('exec', argv.join(' '), () => play(programs, argv, how, host)),
    connect: (address, port, { signal }) =>
      run('connect', `${address}:${port}`, async () => {
        signal?.throwIfAborted()
        return await answer(listeners, address, port, name)
      }),
    rule: {
      observe: (virtual) => run('rule.observe', virtual.text, () => kernel.observe(virtual)),
      set: (flags) => run('rule.set', flags.join(' '), () => kernel.set(flags)),
      clean: (flags) => run('rule.clean', flags.join(' '), () => kernel.clean(flags)),
    },
    close: async () => {},
    get operations() {
      return operations.log.slice(forgotten)
    },
    get changes() {
      return operations.log.slice(forgotten).filter(isChange)
    },
    forget: () => {
      forgotten = operations.log.length
    },
    text: (path) => files.read(path)?.toString(),
    snapshot: () => ({ files: files.snapshot(), rules: rulesOf(kernel) }),
    onExec: (handler) => void programs.unshift(handler),
    onConnect: (handler) => void listeners.unshift(handler),
    onOperation: (listener) => operations.listen(listener),
    failAt: (fault, error) => operations.fail(fault, error),
    crashAt: (fault) => operations.crash(fault),
    revive: () => operations.revive(),
  }
  return host
}

async function play(
  programs: readonly ExecHandler[],
  argv: readonly string[],
  options: ExecOptions,
  host: MemoryHost,
): Promise<ExecResult> {
  options.signal?.throwIfAborted()
  for (const program of programs) {
    const result = await program(argv, options, host)
    if (result === undefined) continue
    const { stdout = '', stderr = '' } = result
    if (stdout + stderr !== '') options.onOutput?.(stdout + stderr)
    return { code: 'code' in result ? result.code : 0, stdout, stderr }
  }
  throw new HostError(`${host.name}: cannot run ${argv[0]}: there is no such program`)
}

async function answer(
  listeners: readonly ConnectHandler[],
  address: string,
  port: number,
  name: string,
): Promise<Duplex> {
  for (const listener of listeners) {
    const stream = await listener(address, port)
    if (stream !== undefined) return stream
  }
  throw new HostError(`${name}: cannot connect to ${address}:${port}: ECONNREFUSED`)
}

function rulesOf({ rules }: MemoryRules): MemorySnapshot['rules'] {
  return Object.fromEntries(
    [...rules].map(([virtual, { members }]) => [virtual, Object.fromEntries(members)]),
  )
}
