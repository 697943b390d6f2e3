import type { Duplex } from 'node:stream'
import type { Endpoint, StatusReport } from 'lvscare'

/** What there is at a path, without following a link. */
export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other'
  /** The permission bits, such as 0o644. */
  readonly mode: number
}

/** How a program ended. */
export interface ExecResult {
  /** The exit code; `undefined` when a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** How a program is run. */
export interface ExecOptions {
  /** Text for its standard input; empty by default. */
  readonly input?: string
  /** Ends the program. */
  readonly signal?: AbortSignal
  /** Ends it after this many milliseconds. @default no limit */
  readonly timeoutMs?: number
  /** Gets what it prints, both streams, as it comes; the result has it all the same. */
  readonly onOutput?: (text: string) => void
}

/** The rule in the kernel of a node; every change is a set, never an addition. */
export interface RuleControl {
  /** What the guard of this virtual server says, else the kernel alone; `undefined` when there is neither guard nor rule. */
  observe(virtual: Endpoint): Promise<StatusReport | undefined>
  /** Sets the whole rule once. `flags` are those of `lvscare care`, without `--run-once`. Rejects when a part of it failed. */
  set(flags: readonly string[]): Promise<void>
  /** Takes back everything a guard of this virtual server may have made. `flags` as for {@link RuleControl.set}. */
  clean(flags: readonly string[]): Promise<void>
}

/**
 * A node, wherever it is: everything the installer reads or changes goes through this.
 *
 * Paths are absolute on the node. Whatever cannot be done rejects with {@link HostError}, with the cause kept.
 */
export interface NodeHost {
  /** For messages: `this node`, or `root@192.0.2.11`. */
  readonly name: string
  /** `undefined` where there is no such file. */
  readFile(path: string): Promise<Buffer | undefined>
  /** `undefined` where there is nothing. */
  stat(path: string): Promise<FileStat | undefined>
  /** The names in a directory, sorted; `undefined` where there is none. */
  list(path: string): Promise<string[] | undefined>
  /**
   * Writes a file so that whoever reads it sees the old text or the new one, also after a crash: a dotfile in the same
   * folder, fsync, rename. The folder must exist. Leaves nothing behind when it fails.
   */
  writeFileAtomic(path: string, content: string | Uint8Array, mode: number): Promise<void>
  /** Makes one directory; one that exists is fine. */
  makeDirectory(path: string, mode: number): Promise<void>
  /** Removes a file or an empty directory; rejects for a directory that is not empty; nothing there is fine. */
  remove(path: string): Promise<void>
  /** Runs a program to its end, without a shell; rejects only when it cannot be run. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** Opens a TCP connection from the node. */
  connect(
    address: string,
    port: number,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Duplex>
  readonly rule: RuleControl
  /** Gives everything back; the host cannot be used any more. */
  close(): Promise<void>
}
