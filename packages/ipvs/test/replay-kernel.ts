import {
  ControlType,
  encodeMessage,
  Flag,
  LITTLE,
  type Libc,
  type Message,
  readMessages,
  viewOf,
} from '@lvscare/netlink'
import { fakeKernel } from '@lvscare/netlink/testing'
import { expect } from 'vitest'
import { familyReply } from './family.ts'
import { type Golden, type Turn, turnsOf } from './golden-file.ts'

const PORT_ID = 4242

/**
 * A kernel that plays a capture back: each request must be the captured one, and gets the captured answer.
 *
 * Sequence numbers and port ids are those of the run, the family id that of the capture. Where a capture ends before
 * the acknowledgement, or has no answer at all, the end is made up.
 */
export function replayKernel(golden: Golden): Libc & { readonly left: () => number } {
  const turns = turnsOf(golden)
  const family = familyIdOf(turns)
  const libc = fakeKernel(
    (request) => {
      if (request.type !== family) return familyReply(family)
      const turn = turns.shift()
      if (turn === undefined) throw new Error('a request more than in the capture')
      if (turn.request !== undefined) expect(essence(request)).toEqual(essence(onlyMessage(turn.request)))
      const datagrams = turn.answers.map((answer) => readdress(answer, request))
      return { datagrams: datagrams.some(ends) ? datagrams : [...datagrams, ending(request)] }
    },
    { portId: PORT_ID },
  )
  return { ...libc, left: () => turns.length }
}

/** What a request says, without what differs from run to run; a dump needs no ACK flag and may have one. */
function essence({ type, flags, payload }: Message): unknown {
  return { type, flags: flags & ~Flag.ACK, payload: Buffer.from(payload).toString('hex') }
}

function onlyMessage(datagram: Uint8Array): Message {
  const [message] = readMessages(datagram)
  if (message === undefined) throw new Error('an empty request')
  return message
}

function familyIdOf(turns: readonly Turn[]): number {
  const datagrams = turns.flatMap(({ request, answers }) => (request === undefined ? answers : [request]))
  const types = datagrams.flatMap((datagram) => [...readMessages(datagram)].map(({ type }) => type))
  return types.find((type) => type > ControlType.MIN_TYPE) ?? 0x23
}

function readdress(datagram: Uint8Array, request: Message): Uint8Array {
  const copy = Uint8Array.from(datagram)
  for (const { payload } of readMessages(copy)) {
    const view = viewOf(copy)
    view.setUint32(payload.byteOffset - 8, request.sequence, LITTLE)
    view.setUint32(payload.byteOffset - 4, PORT_ID, LITTLE)
  }
  return copy
}

function ends(datagram: Uint8Array): boolean {
  return [...readMessages(datagram)].some(({ type }) => type < ControlType.MIN_TYPE)
}

function ending(request: Message): Uint8Array {
  const dump = (request.flags & Flag.DUMP) === Flag.DUMP
  const type = dump ? ControlType.DONE : ControlType.ERROR
  const payload = new Uint8Array(dump ? 4 : 20)
  const flags = dump ? Flag.MULTI : Flag.CAPPED
  return encodeMessage({ type, flags, sequence: request.sequence, portId: PORT_ID, payload })
}
