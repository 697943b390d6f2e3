import type { Clock } from '../time.ts'
import type { Ending, Line } from './line.ts'
import { afterQuiet, afterSuspicion, noPatience, type Patience } from './patience.ts'
import { Pinger } from './pinger.ts'
import type { SentinelView, Suspicion, SuspicionResult } from './suspicion.ts'
import type { After } from './timers.ts'

/** Sets how long what was sent may stay unacknowledged (TCP_USER_TIMEOUT), in ms, on the socket `fd`; must not throw. */
export type Tune = (fd: number, ms: number) => void

/** What the sentinel has to say. */
export type Alarm =
  | { readonly kind: 'suspicion'; readonly suspicion: Suspicion }
  /** The suspected connection has answered after all, and is in use again. */
  | { readonly kind: 'cleared' }
  | {
      /** The connection ended in a way that is no suspicion: probe on a new one, though not before `waitMs`. */
      readonly kind: 'ended'
      readonly waitMs: number
      /** Whether the verdict of that probe is to teach patience. */
      readonly teaches: boolean
    }

/** Who is told. */
export interface Listener {
  /** The patience never grows beyond this, in milliseconds: the time between two probes. */
  readonly mostMs: number
  readonly onAlarm: (alarm: Alarm) => void
}

/** Options of a {@link Sentinel}. */
export interface SentinelOptions {
  readonly isOn: boolean
  readonly tune: Tune
  /** The line is suspected, and may be cleared yet. */
  readonly onSuspected: (line: Line) => void
  /** The suspected line answered after all. */
  readonly onCleared: (line: Line) => void
  readonly clock: Clock
  readonly after: After
  readonly random: () => number
}

/** What was sent stays unacknowledged for at most this long, in milliseconds, and the connection is over. */
const UNACKNOWLEDGED_MS = 1500

/** A goodbye on a connection that lasted this long, in milliseconds, is no habit that the probes must be spared: idle ones end so. */
const LASTED_MS = 30_000

/** After a goodbye the guards of a whole fleet connect again: not in one moment. */
const SPREAD_MS = 200

/** Watches the connection to one server that is kept between its probes. It suspects; what is true a probe finds out. */
export class Sentinel implements SentinelView {
  readonly #options: SentinelOptions
  #listener: Listener | undefined
  #line: Line | undefined
  /** Since when the line is watched. */
  #sinceMs = 0
  #pinger: Pinger | undefined
  #isSuspected = false
  #patience: Patience
  #tunedMs: number | undefined

  constructor(options: SentinelOptions) {
    this.#options = options
    this.#patience = noPatience(options.clock())
  }

  get watches(): SentinelView['watches'] {
    return this.#line === undefined || this.#isSuspected ? 'none' : this.#line.watches
  }

  get waitMs(): number {
    this.#patience = afterQuiet(this.#patience, this.#options.clock())
    return this.#patience.waitMs
  }

  /** Begins to watch for this listener; the function it returns ends that. */
  listen(listener: Listener): () => void {
    this.#listener = listener
    return () => {
      this.#listener = undefined
      if (this.#line !== undefined) this.leave(this.#line)
    }
  }

  /** Watches a line that has carried an answer; the one before is left. */
  watch(line: Line): void {
    if (!this.#options.isOn || this.#listener === undefined) return
    if (line !== this.#line) this.#change(line)
    else this.#pinger?.heard()
    this.#tune()
  }

  /** Looks at it no more: it is closed here. */
  leave(line: Line): void {
    if (line !== this.#line) return
    line.onEnding = () => undefined
    this.#pinger?.stop()
    this.#pinger = undefined
    this.#line = undefined
    this.#isSuspected = false
  }

  /** Learns how a suspicion ended. */
  conclude(result: SuspicionResult): void {
    if (this.#listener === undefined) return
    const { mostMs } = this.#listener
    this.#patience = afterSuspicion(this.#patience, result, { mostMs, nowMs: this.#options.clock() })
    this.#tune()
  }

  #change(line: Line): void {
    if (this.#line !== undefined) this.leave(this.#line)
    // The answer that it carried may have been its last.
    if (line.ending !== undefined) this.#onEnding(line, line.ending)
    if (line.closed) return
    this.#line = line
    this.#sinceMs = this.#options.clock()
    this.#tunedMs = undefined
    line.onEnding = (ending) => this.#onEnding(line, ending)
    line.keepAlive()
    if (line.watches === 'http2') this.#pinger = this.#pingerOf(line)
  }

  #pingerOf(line: Line): Pinger {
    const { after, random } = this.#options
    return new Pinger(line, {
      waitMs: () => this.waitMs,
      onUnanswered: (ms) => this.#onUnanswered(line, ms),
      onLateAnswer: () => this.#onLateAnswer(line),
      after,
      random,
    })
  }

  /** Patience concerns what the kernel waits for as well. */
  #tune(): void {
    const fd = this.#line?.fd
    const ms = UNACKNOWLEDGED_MS + this.waitMs
    if (fd === undefined || ms === this.#tunedMs) return
    this.#tunedMs = ms
    this.#options.tune(fd, ms)
  }

  #onUnanswered(line: Line, ms: number): void {
    this.#isSuspected = true
    this.#options.onSuspected(line)
    this.#tell({
      kind: 'suspicion',
      suspicion: { reason: 'unanswered', detail: `no answer to a PING within ${Math.round(ms)} ms` },
    })
  }

  #onLateAnswer(line: Line): void {
    this.#isSuspected = false
    this.#options.onCleared(line)
    this.#tell({ kind: 'cleared' })
  }

  #onEnding(line: Line, ending: Ending): void {
    const alarm = this.#isSuspected ? undefined : this.#alarmOf(line, ending)
    this.leave(line)
    if (alarm !== undefined) this.#tell(alarm)
  }

  /** None where it was ended here, or for what the server said: the next probe will see. */
  #alarmOf(line: Line, { suspicion, isOrderly }: Ending): Alarm | undefined {
    if (suspicion === undefined && !isOrderly) return undefined
    const { waitMs } = this
    if (suspicion !== undefined && !isOrderly && waitMs === 0) return { kind: 'suspicion', suspicion }
    // A goodbye now and then is how servers spread their clients; one after each answer must not draw ever more probes.
    const teaches = suspicion !== undefined || (line.answers < 2 && !this.#hasLasted(line))
    const spreadMs = isOrderly ? SPREAD_MS * this.#options.random() : 0
    return { kind: 'ended', waitMs: Math.max(waitMs, spreadMs), teaches }
  }

  #hasLasted(line: Line): boolean {
    return line === this.#line && this.#options.clock() - this.#sinceMs >= LASTED_MS
  }

  #tell(alarm: Alarm): void {
    this.#listener?.onAlarm(alarm)
  }
}
