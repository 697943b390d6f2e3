import type { Outcome, Verdict } from '../health/verdict.ts'
import { type Clock, jittered, monotonic, type Sleep, sleep } from '../time.ts'
import { backoffMs } from './backoff.ts'
import type { ProbeRequest, Prober } from './prober.ts'
import type { Alarm, Sentinel } from './sentinel.ts'
import type { Suspicion, SuspicionResult } from './suspicion.ts'

type Ended = Extract<Alarm, { kind: 'ended' }>

/** What a verdict says about the suspicion before it. */
const RESULTS: Record<Outcome, SuspicionResult> = {
  healthy: 'false',
  sick: 'false',
  dead: 'confirmed',
  inconclusive: 'inconclusive',
}

/** Options of {@link watchServer}. */
export interface WatchOptions {
  readonly prober: Pick<Prober, 'probe'> & {
    readonly sentinel?: Pick<Sentinel, 'listen' | 'conclude' | 'watches'>
  }
  /** From the start of one probe to the start of the next, in milliseconds, give or take a tenth. */
  readonly intervalMs: number
  /** Takes each verdict; true asks for a confirming probe at once. */
  readonly onVerdict: (verdict: Verdict) => boolean
  /** The server may be dead: drain it at once; the confirming probe follows by itself. */
  readonly onSuspicion?: (suspicion: Suspicion) => void
  /** The suspected connection has answered after all; no verdict follows. */
  readonly onCleared?: () => void
  /** The server is out: it is probed again soon, and then less and less often. */
  readonly isDown?: () => boolean
  readonly sleep?: Sleep
  readonly clock?: Clock
  /** 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** Probes one server until the signal aborts: at once, then every interval; resolves when it does. */
export async function watchServer(options: WatchOptions, signal: AbortSignal): Promise<void> {
  await new Watch(options).run(signal)
}

class Watch {
  readonly #options: WatchOptions
  readonly #clock: Clock
  readonly #random: () => number
  /** Suspicions and what cleared them, in order, until they are acted on. */
  readonly #alarms: Exclude<Alarm, Ended>[] = []
  /** The end of a connection that may ask for an early probe. */
  #ended: Ended | undefined
  /** Stops the probe or the pause that is under way. */
  #interrupt: AbortController | undefined
  #isPausing = false
  /** A suspicion has no verdict yet. */
  #isSuspected = false
  /** A suspicion was followed by a probe that said nothing: the server waits for the next one at weight 0. */
  #isOpen = false
  /** The next verdict teaches patience. */
  #teaches = false
  /** Rounds in a row after which the server was out, or its suspicion open. */
  #failures = 0

  constructor(options: WatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? monotonic
    this.#random = options.random ?? Math.random
  }

  async run(signal: AbortSignal): Promise<void> {
    const { prober, intervalMs } = this.#options
    const onAlarm = (alarm: Alarm): void => this.#onAlarm(alarm)
    const leave = prober.sentinel?.listen({ mostMs: intervalMs, onAlarm })
    try {
      while (!signal.aborted) {
        const startMs = this.#clock()
        await this.#round(signal)
        await this.#pause(startMs, signal)
      }
    } finally {
      leave?.()
    }
  }

  #onAlarm(alarm: Alarm): void {
    if (alarm.kind === 'ended') this.#ended = alarm
    else this.#alarms.push(alarm)
    // A probe that is under way sees for itself that its connection has ended, and asks on a new one.
    if (alarm.kind !== 'ended' || this.#isPausing) this.#interrupt?.abort(alarm)
  }

  /** One verdict, and at once as many more as are asked for. */
  async #round(signal: AbortSignal): Promise<void> {
    const { prober, onVerdict } = this.#options
    let request: ProbeRequest = {}
    while (!signal.aborted) {
      const alarm = this.#alarms.shift()
      if (alarm?.kind === 'cleared' && this.#isSuspected) {
        this.#clear()
        return
      }
      if (alarm?.kind === 'suspicion') {
        this.#suspect(alarm.suspicion)
        request = { confirm: true }
      }
      // They are acted on one by one.
      if (alarm !== undefined) continue
      const verdict = await this.#interruptible(signal, (probing) => prober.probe(probing, request))
      if (verdict === undefined) continue
      this.#learn(verdict)
      if (!onVerdict(verdict)) return
      request = { confirm: true }
    }
  }

  /** Until the next round is due, or a suspicion begins it. */
  async #pause(startMs: number, signal: AbortSignal): Promise<void> {
    const { sleep: wait = sleep } = this.#options
    let dueMs = startMs + this.#restMs()
    do {
      dueMs = Math.min(dueMs, this.#clock() + this.#earlyMs())
      const leftMs = Math.max(0, dueMs - this.#clock())
      this.#isPausing = true
      if (this.#alarms.length === 0) await this.#interruptible(signal, (pausing) => wait(leftMs, pausing))
      this.#isPausing = false
    } while (!signal.aborted && this.#alarms.length === 0 && this.#ended !== undefined)
  }

  #restMs(): number {
    const { intervalMs, isDown } = this.#options
    this.#failures = isDown?.() || this.#isOpen ? this.#failures + 1 : 0
    if (this.#failures === 0) return jittered(intervalMs, this.#random)
    return backoffMs(this.#failures, intervalMs, this.#random)
  }

  /** How soon to probe because a connection has ended; never where a probe has made a new one already. */
  #earlyMs(): number {
    const ended = this.#ended
    if (ended === undefined) return Number.POSITIVE_INFINITY
    this.#ended = undefined
    this.#teaches ||= ended.teaches
    if (this.#options.prober.sentinel?.watches === 'none') return ended.waitMs
    if (this.#teaches) this.#conclude('false')
    return Number.POSITIVE_INFINITY
  }

  #learn({ outcome }: Verdict): void {
    if (this.#teaches) this.#conclude(RESULTS[outcome])
    this.#isOpen = outcome === 'inconclusive' && (this.#isSuspected || this.#isOpen)
    this.#isSuspected = false
  }

  #suspect(suspicion: Suspicion): void {
    this.#isSuspected = true
    this.#teaches = true
    this.#options.onSuspicion?.(suspicion)
  }

  #clear(): void {
    this.#isSuspected = false
    this.#conclude('false')
    this.#options.onCleared?.()
  }

  #conclude(result: SuspicionResult): void {
    this.#teaches = false
    this.#options.prober.sentinel?.conclude(result)
  }

  /** The result of the work; `undefined` when an alarm or the stop has cut it short. */
  async #interruptible<T>(
    parent: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const own = new AbortController()
    const relay = (): void => own.abort(parent.reason)
    parent.addEventListener('abort', relay, { once: true })
    // What has been aborted before does not say so again: a stop in the middle of a probe must not wait for the pause.
    if (parent.aborted) relay()
    this.#interrupt = own
    try {
      return await work(own.signal)
    } catch (error) {
      // A probe rejects only because it was cut short; anything else is a mistake of ours and must be seen.
      if (!own.signal.aborted) throw error
      return undefined
    } finally {
      this.#interrupt = undefined
      parent.removeEventListener('abort', relay)
    }
  }
}
