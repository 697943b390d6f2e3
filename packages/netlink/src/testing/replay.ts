import { AttributeWriter } from '../attribute-writer.ts'
import { LITTLE, viewOf } from '../bytes.ts'
import { ControlType } from '../constants.ts'
import { CtrlAttr, CtrlCommand, Genl } from '../genl/constants.ts'
import { decodeGenl, encodeGenl } from '../genl/header.ts'
import type { Libc } from '../libc/libc.ts'
import { encodeMessage, type Message, readMessages } from '../message.ts'
import { fakeKernel, type Reply, reply } from './fake-kernel.ts'
import { type Golden, isLookup, timeless, turnsOf } from './golden.ts'
import { toHex } from './hex.ts'

const PORT_ID = 4242

/**
 * A kernel that plays a capture back: each request must be the captured one, and gets the captured answer.
 *
 * Sequence numbers and port ids are those of the run, the family id that of the capture: its look-up is answered
 * without one. Throws RangeError on a request that differs. `left` tells how many requests of the capture did not come.
 */
export function replayKernel(golden: Golden): Libc & {
  /** How many requests of the capture did not come yet. */
  readonly left: () => number
} {
  const turns = turnsOf(golden)
  const family = familyIdOf(golden)
  const libc = fakeKernel(
    (request) => {
      const bytes = encodeMessage(request)
      const [turn] = turns
      if (isLookup(bytes) && (turn === undefined || !isLookup(turn.request)))
        return familyReply(request, family)
      if (turn === undefined) throw new RangeError('a request more than in the capture')
      turns.shift()
      const [wanted, sent] = [turn.request, bytes].map((one) =>
        toHex(timeless({ direction: 'request', bytes: one })),
      )
      if (wanted !== sent)
        throw new RangeError(`the capture has the request\n${wanted}\nand this is\n${sent}`)
      return { datagrams: turn.answers.map((answer) => readdress(answer, request)) }
    },
    { portId: PORT_ID },
  )
  return { ...libc, left: () => turns.length }
}

/** The generic netlink family that a capture speaks to: the kernel gives out its number when the module is loaded. */
export function familyIdOf({ exchanges }: Pick<Golden, 'exchanges'>): number {
  const requests = exchanges.filter(({ direction }) => direction === 'request')
  const types = requests.flatMap(({ bytes }) => readMessages(bytes).map(({ type }) => type))
  return types.find((type) => type > ControlType.MIN_TYPE) ?? 0
}

/** The controller's answer: the family that was asked for has that id. */
function familyReply(request: Message, id: number): Reply {
  const name = decodeGenl(request.payload).attributes
  const attributes = new AttributeWriter().u16(CtrlAttr.FAMILY_ID, id).u32(CtrlAttr.VERSION, 1).finish()
  const message = { command: CtrlCommand.NEWFAMILY, attributes: Buffer.concat([name, attributes]) }
  return reply.objects({ type: Genl.ID_CTRL, payload: encodeGenl(message, 1) })
}

function readdress(datagram: Uint8Array, request: Message): Uint8Array {
  const copy = Uint8Array.from(datagram)
  const view = viewOf(copy)
  for (const { payload } of readMessages(copy)) {
    view.setUint32(payload.byteOffset - 8, request.sequence, LITTLE)
    view.setUint32(payload.byteOffset - 4, PORT_ID, LITTLE)
  }
  return copy
}
