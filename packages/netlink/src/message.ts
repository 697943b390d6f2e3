import { readAttributes } from './attributes.ts'
import { align, getU16, getU32, LITTLE, putU16, putU32, unsigned, viewOf } from './bytes.ts'
import { ControlType, ErrAttr, Flag, Size } from './constants.ts'
import { DecodeError, type ExtendedAck } from './errors.ts'

/** One netlink message: `struct nlmsghdr` of linux/netlink.h without its length, and what follows it. */
export interface Message {
  readonly type: number
  /** `NLM_F_*` bits, see {@link Flag}. */
  readonly flags: number
  readonly sequence: number
  /** Port id of the socket that the message belongs to; 0 in requests. */
  readonly portId: number
  readonly payload: Uint8Array
}

/** A message as one datagram, the last attribute as long as it is; throws RangeError for a header field that does not fit. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = Buffer.allocUnsafe(Size.NLMSGHDR + message.payload.length)
  putU32(bytes, 0, bytes.length)
  putU16(bytes, 4, unsigned('message type', message.type, 16))
  putU16(bytes, 6, unsigned('message flags', message.flags, 16))
  putU32(bytes, 8, unsigned('sequence', message.sequence, 32))
  putU32(bytes, 12, unsigned('port id', message.portId, 32))
  bytes.set(message.payload, Size.NLMSGHDR)
  return bytes
}

/** Splits a datagram into its messages without copying; throws {@link DecodeError} on the first bad length. */
export function readMessages(datagram: Uint8Array): Message[] {
  const messages: Message[] = []
  for (let at = 0; at < datagram.length; ) {
    const room = datagram.length - at
    if (room < Size.NLMSGHDR) throw new DecodeError('datagram', 'a header of 16 bytes', `${room} bytes`)
    const length = getU32(datagram, at)
    if (length < Size.NLMSGHDR || length > room) {
      throw new DecodeError('datagram', `a message of 16 to ${room} bytes`, `${length} bytes`)
    }
    messages.push({
      type: getU16(datagram, at + 4),
      flags: getU16(datagram, at + 6),
      sequence: getU32(datagram, at + 8),
      portId: getU32(datagram, at + 12),
      payload: datagram.subarray(at + Size.NLMSGHDR, at + length),
    })
    at += align(length)
  }
  return messages
}

/** What an NLMSG_ERROR or NLMSG_DONE says: an errno of 0 is success. */
export interface Status {
  /** Positive errno, 0 for success. */
  readonly errno: number
  readonly extended: ExtendedAck
}

/** Reads the status of an NLMSG_ERROR (`struct nlmsgerr`) or NLMSG_DONE message. */
export function readStatus(message: Message): Status {
  const { payload } = message
  const kind = message.type === ControlType.DONE ? 'done' : 'error'
  if (payload.length < Size.NLMSGERR_ERROR) {
    // Some dumps end with a bare header: no status is a good status.
    if (kind === 'done' && payload.length === 0) return { errno: 0, extended: {} }
    throw new DecodeError(kind, 'a status of 4 bytes', `${payload.length} bytes`)
  }
  const errno = -viewOf(payload).getInt32(0, LITTLE)
  const hasText = (message.flags & Flag.ACK_TLVS) !== 0
  return { errno: errno || 0, extended: hasText ? readExtended(message, kind) : {} }
}

function readExtended(message: Message, kind: 'done' | 'error'): ExtendedAck {
  const from = kind === 'done' ? Size.NLMSGERR_ERROR : errorAttributesOffset(message)
  let text: string | undefined
  let offset: number | undefined
  for (const attribute of readAttributes(message.payload.subarray(from), kind)) {
    if (attribute.type === ErrAttr.MSG) text = attribute.text()
    else if (attribute.type === ErrAttr.OFFS) offset = attribute.u32()
  }
  return { message: text, offset }
}

/** Behind the errno stands the request's header, and unless capped its payload too. */
function errorAttributesOffset({ flags, payload }: Message): number {
  if ((flags & Flag.CAPPED) !== 0) return Size.NLMSGERR_ERROR + Size.NLMSGHDR
  if (payload.length < Size.NLMSGERR_ERROR + Size.NLMSGHDR) {
    throw new DecodeError('error', "a copy of the request's header", `${payload.length} bytes`)
  }
  const copied = viewOf(payload).getUint32(Size.NLMSGERR_ERROR, LITTLE)
  const room = payload.length - Size.NLMSGERR_ERROR
  if (copied > room) {
    throw new DecodeError('error', `a copy of the request of at most ${room} bytes`, `${copied} bytes`)
  }
  return Size.NLMSGERR_ERROR + align(copied)
}
