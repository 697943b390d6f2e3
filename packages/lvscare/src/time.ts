import { setTimeout as delay } from 'node:timers/promises'

/** Waits; resolves early, without an error, when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** {@link Sleep} on the real clock. */
export const sleep: Sleep = async (ms, signal) => {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Milliseconds of a clock that never jumps; only differences mean anything. */
export type Clock = () => number

/** {@link Clock} of the process. */
export const monotonic: Clock = () => performance.now()

/** `ms` plus or minus a tenth, so that a fleet of guards does not probe in step; `random` gives 0 to 1. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random())
}

/** The last part of a time limit, in milliseconds. */
export const LOOK_MS = 50

/**
 * Runs `work` with a signal that aborts when `parent` does, or after `ms` with a TimeoutError.
 *
 * Not `AbortSignal.any`: a signal that lives as long as the daemon keeps a little of every signal
 * ever joined to it (nodejs/node#55351). Here nothing outlives the call.
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted()
  const own = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true })
  })
  const relay = (): void => own.abort(parent.reason)
  // At the end of it what has come meanwhile is read: this process may have been stopped, or too busy to look.
  const lookMs = Math.min(LOOK_MS, ms / 2)
  let timer = setTimeout(() => {
    timer = setTimeout(() => own.abort(timeoutError(ms)), lookMs)
  }, ms - lookMs)
  parent.addEventListener('abort', relay, { once: true })
  try {
    // Not everything that takes a signal listens to it at once: undici does not while it connects.
    return await Promise.race([work(own.signal), aborted])
  } finally {
    clearTimeout(timer)
    parent.removeEventListener('abort', relay)
  }
}

function timeoutError(ms: number): DOMException {
  return new DOMException(`no answer within ${Math.round(ms)} ms`, 'TimeoutError')
}

/** `make`, called again only when its last result is older than `ms`. */
export function remembered<T>(ms: number, make: () => T, clock: Clock = monotonic): () => T {
  let last: { readonly value: T; readonly atMs: number } | undefined
  return () => {
    if (last === undefined || clock() - last.atMs >= ms) last = { value: make(), atMs: clock() }
    return last.value
  }
}
