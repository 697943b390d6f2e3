import { DecodeError } from './errors.ts'
import type { Message } from './message.ts'

/** Far more than a table with tens of thousands of services or routes, and less than what a guard may be killed for. */
const MAX_BYTES = 64 * 1024 * 1024

/** What a datagram, and a message in it, takes in memory beside its bytes: empty ones come to an end too. */
const OVERHEAD_BYTES = 256

/** Counts what one question is answered with: an answer without end is an error, not a process that hangs and grows. */
export class AnswerLimit {
  #left = MAX_BYTES

  /** Counts a datagram with its messages; throws {@link DecodeError} when it is one too many. */
  take(datagram: Uint8Array, messages: readonly Message[]): void {
    this.#left -= datagram.length + OVERHEAD_BYTES * (1 + messages.length)
    if (this.#left < 0) throw new DecodeError('answer', `an end within ${MAX_BYTES} bytes`, 'more')
  }
}
