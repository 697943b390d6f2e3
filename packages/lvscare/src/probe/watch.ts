import type { Verdict } from '../health/verdict.ts'
import { type Clock, jittered, monotonic, type Sleep, sleep } from '../time.ts'
import { CONFIRM_MS } from './confirm.ts'
import type { Prober } from './prober.ts'

/** Options of {@link watchServer}. */
export interface WatchOptions {
  readonly prober: Pick<Prober, 'probe'>
  /** From the start of one probe to the start of the next, in milliseconds, give or take a tenth. */
  readonly intervalMs: number
  /** Takes each verdict; true asks for a confirming probe at once. */
  readonly onVerdict: (verdict: Verdict) => boolean
  readonly sleep?: Sleep
  readonly clock?: Clock
  /** 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** Probes one server until the signal aborts: at once, then every interval; resolves when it does. */
export async function watchServer(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { intervalMs, sleep: wait = sleep, clock = monotonic, random = Math.random } = options
  while (!signal.aborted) {
    const start = clock()
    await round(options, signal).catch((error) => {
      // A probe rejects only because of the stop; anything else is a mistake of ours and must be seen.
      if (!signal.aborted) throw error
    })
    await wait(Math.max(0, jittered(intervalMs, random) - (clock() - start)), signal)
  }
}

async function round({ prober, onVerdict }: WatchOptions, signal: AbortSignal): Promise<void> {
  let request = {}
  while (onVerdict(await prober.probe(signal, request))) request = { fresh: true, timeoutMs: CONFIRM_MS }
}
