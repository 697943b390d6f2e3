import { closeSync, openSync } from 'node:fs'
import { Sock } from './constants.ts'
import { NamespaceLostError } from './errors.ts'
import type { Libc } from './libc/libc.ts'
import { defaultLibc } from './libc/load.ts'

/** Options of {@link inNetworkNamespace}. */
export interface NetworkNamespaceOptions {
  /** The binding to libc. @default the one that LVSCARE_FFI names */
  readonly libc?: Libc
}

/**
 * Runs `work` in another network namespace, of whose file `fd` is an open descriptor, and comes back. Needs
 * CAP_SYS_ADMIN; throws {@link SyscallError} when this thread may not go there or could not come back, and is still here then.
 *
 * Only this thread is over there, and only until `work` returns: it must be synchronous (TypeError for one that returns a
 * promise, whose rest would run here) and start nothing, for a thread or process that it starts would be over there for
 * good. Sockets that it opens stay over there, which is what it is for. Throws {@link NamespaceLostError} when the way back
 * is refused after all.
 */
export function inNetworkNamespace<T>(fd: number, work: () => T, options: NetworkNamespaceOptions = {}): T {
  const { libc = defaultLibc() } = options
  const own = openSync(OWN, 'r')
  try {
    // Who may not enter the own one could not come back: in a user namespace the way out may be a way of no return.
    libc.setns(own, Sock.CLONE_NEWNET)
    libc.setns(fd, Sock.CLONE_NEWNET)
    return andBack(libc, own, work)
  } finally {
    closeSync(own)
  }
}

/** That of this thread: `self` would be the one of the main thread. */
const OWN = '/proc/thread-self/ns/net'

function andBack<T>(libc: Libc, own: number, work: () => T): T {
  let result: T
  try {
    result = work()
  } catch (error) {
    comeBack(libc, own, [error])
    throw error
  }
  comeBack(libc, own)
  if (isThenable(result))
    throw new TypeError('what runs in another network namespace must not be asynchronous')
  return result
}

/** `before` is what `work` has thrown. */
function comeBack(libc: Libc, own: number, before: readonly unknown[] = []): void {
  try {
    libc.setns(own, Sock.CLONE_NEWNET)
  } catch (error) {
    throw new NamespaceLostError(before.length === 0 ? error : new AggregateError([error, ...before]))
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
