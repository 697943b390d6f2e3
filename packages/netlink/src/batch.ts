import { AnswerLimit } from './answer-limit.ts'
import { align } from './bytes.ts'
import { ControlType, Flag } from './constants.ts'
import type { ExtendedAck } from './errors.ts'
import { encodeMessage, type Message, readMessages, readStatus } from './message.ts'
import type { NetlinkSocket } from './socket.ts'

/** The first request of a batch that the kernel refused. */
export interface Refusal {
  /** Which one, from 0. */
  readonly index: number
  readonly errno: number
  readonly extended: ExtendedAck
}

/** Several messages as one datagram. */
export function encodeBatch(messages: readonly Message[]): Uint8Array {
  return Buffer.concat(messages.map(encodePadded))
}

/** Reads datagrams until all that asked for it are acknowledged, or the whole batch is refused. */
export function receiveBatch(socket: NetlinkSocket, requests: readonly Message[]): Refusal | undefined {
  const waiting = new Set(requests.filter(({ flags }) => (flags & Flag.ACK) !== 0).map((one) => one.sequence))
  const refusals: Refusal[] = []
  const limit = new AnswerLimit()
  while (waiting.size > 0) {
    const datagram = Buffer.from(socket.receive())
    const received = readMessages(datagram)
    limit.take(datagram, received)
    for (const message of received) {
      if (message.type !== ControlType.ERROR || message.portId !== socket.portId) continue
      const index = requests.findIndex(({ sequence }) => sequence === message.sequence)
      if (index < 0) continue
      const { errno, extended } = readStatus(message)
      if (errno !== 0) refusals.push({ index, errno, extended })
      // Acknowledgements that follow are passed over by whatever is asked next: their sequence is another one.
      if (!waiting.delete(message.sequence) && errno !== 0) waiting.clear()
    }
  }
  return refusals.sort((a, b) => a.index - b.index)[0]
}

/** Behind one message the next begins at a multiple of four bytes. */
function encodePadded(message: Message): Uint8Array {
  const bytes = encodeMessage(message)
  return Buffer.concat([bytes], align(bytes.length))
}
