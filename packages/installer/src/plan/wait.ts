import { monotonic, sleep } from 'lvscare'

/** How long something is waited for. */
export interface Waiting {
  /** In milliseconds. */
  readonly limitMs: number
  /** Pause between two looks, in milliseconds. */
  readonly pollMs: number
  readonly signal: AbortSignal
}

/**
 * Looks again and again until nothing is missing. `look` says what still is; the last word of it is the result when the time
 * is over, `undefined` when all is well. Rejects when the signal aborts, and when a look does.
 */
export async function waitUntil(
  look: () => Promise<string | undefined>,
  { limitMs, pollMs, signal }: Waiting,
): Promise<string | undefined> {
  const end = monotonic() + limitMs
  for (;;) {
    signal.throwIfAborted()
    const missing = await look()
    if (missing === undefined || monotonic() >= end) return missing
    await sleep(Math.min(pollMs, Math.max(1, end - monotonic())), signal)
  }
}
