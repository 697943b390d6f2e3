import { Protocol } from '../constants.ts'
import { SyscallError } from '../errors.ts'
import type { Libc } from '../libc/libc.ts'
import { defaultLibc } from '../libc/load.ts'
import { NetlinkSocket } from '../socket.ts'
import { RouteGroup } from './constants.ts'

/** Options of {@link RouteEvents.open}. */
export interface RouteEventsOptions {
  /** The binding to libc. @default the one that LVSCARE_FFI names */
  readonly libc?: Libc
}

/**
 * Tells whether anything has changed that decides about routes, in the network namespace this process was in when it was
 * opened: links, addresses, routes, rules, next hops and settings of either family. Needs no privilege.
 *
 * The kernel announces some changes a moment before it makes them (fib_table_delete): what is asked for right after
 * {@link RouteEvents.changed} has said true may still be the old state, and nothing will be announced again.
 */
export class RouteEvents {
  readonly #socket: NetlinkSocket
  #isNew = true

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket
  }

  /** Begins to listen; throws {@link SyscallError} or {@link BindingError}. */
  static open({ libc = defaultLibc() }: RouteEventsOptions = {}): RouteEvents {
    const sizes = { bufferBytes: BUFFER_BYTES, queueBytes: QUEUE_BYTES }
    const options = { libc, protocol: Protocol.ROUTE, timeoutMs: 1, strictDumps: false, groups: GROUPS }
    return new RouteEvents(NetlinkSocket.open({ ...options, ...sizes }))
  }

  /**
   * True the first time, and whenever anything was announced since the last time. Without news it costs one system call.
   *
   * Throws {@link SyscallError} when the socket fails: close it then, and do not take anything for unchanged.
   */
  changed(): boolean {
    let changed = this.#isNew
    this.#isNew = false
    for (let taken = 0; taken < MAX_TAKEN; taken += 1) {
      if (!this.#take()) return changed
      changed = true
    }
    // What is left in the queue says true again next time.
    return changed
  }

  /** Stops listening; safe to call twice. */
  close(): void {
    this.#socket.close()
  }

  /** One announcement, read only to be gone; or the news that some were dropped, which is as good. */
  #take(): boolean {
    try {
      return this.#socket.discard()
    } catch (error) {
      if (error instanceof SyscallError && error.errno === 'ENOBUFS') return true
      throw error
    }
  }
}

/** Nobody looks at what is announced, only that something is: the kernel cuts off what does not fit. */
const BUFFER_BYTES = 16

/** Small, so that a storm of changes overruns it (ENOBUFS) and is over with a few reads. */
const QUEUE_BYTES = 16 * 1024

/** How many announcements are taken at once, so that who makes them without end cannot hold up who asks. */
const MAX_TAKEN = 64

/** A kernel that does not know a group ignores its bit: then nobody there can use what it would announce. */
const GROUPS = Object.values(RouteGroup).reduce((mask, group) => mask | (1 << (group - 1)), 0) >>> 0
