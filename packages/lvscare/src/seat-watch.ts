import { messageOf } from './errors.ts'
import type { Log } from './log.ts'
import type { Seat, SeatState } from './seat.ts'

/** Keeps trying for the seat until it has it, and says when another guard has it and when that is over. */
export class SeatWatch {
  readonly #seat: Pick<Seat, 'tryToTake'>
  readonly #log: Log
  #state: SeatState = 'foreign'

  constructor(seat: Pick<Seat, 'tryToTake'>, log: Log) {
    this.#seat = seat
    this.#log = log
  }

  /** True for the one guard that writes; others stand by. */
  get isActive(): boolean {
    return this.#state !== 'held'
  }

  /** Looks who has it; true when this guard has just taken over from another. What cannot be found out changes nothing. */
  async look(): Promise<boolean> {
    if (this.#state === 'mine') return false
    const before = this.#state
    try {
      this.#state = await this.#seat.tryToTake()
    } catch (error) {
      this.#log.debug({ error: messageOf(error) }, 'seat not tried')
      return false
    }
    if (this.#state === 'held' && before !== 'held')
      this.#log.warn({}, 'another guard holds this virtual server, standing by')
    const tookOver = this.#state !== 'held' && before === 'held'
    if (tookOver) this.#log.info({}, 'taking over the virtual server')
    return tookOver
  }
}
