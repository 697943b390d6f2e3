import { readAttributes } from '../attributes.ts'
import { align, LITTLE, viewOf } from '../bytes.ts'
import { ControlType, ErrAttr, Flag, Size } from '../constants.ts'
import { errnoName } from '../errors.ts'
import { type Message, readMessages } from '../message.ts'
import { parseHex, toHex } from './hex.ts'

/** The names of the attributes in a nest, and what is nested in them. */
export interface Nest {
  readonly names: Readonly<Record<string, number>>
  readonly nests?: Readonly<Record<number, Nest>>
}

/** What a message consists of: a header of its own, and attributes. */
export interface Layout {
  /** The header as the comment shall call it. */
  readonly header: string
  readonly headerBytes: number
  readonly attributes: Nest
}

/** The layout of a message that is none of the kernel's control messages; undefined where it is not known. */
export type Layouts = (message: Message) => Layout | undefined

/** A datagram as annotated hex, one attribute a line; bytes without a known layout stay plain hex. */
export function annotate(datagram: Uint8Array, layouts: Layouts): string[] {
  const lines = annotated(datagram, layouts)
  // A comment must never cost a byte, such as one between two nests.
  return Buffer.from(parseHex(lines.join('\n'))).equals(datagram) ? lines : plain(datagram)
}

function annotated(datagram: Uint8Array, layouts: Layouts): string[] {
  try {
    return readMessages(datagram).flatMap((message) => {
      const start = message.payload.byteOffset - datagram.byteOffset
      const { type, flags, sequence } = message
      const comment = `nlmsghdr: type ${type}, flags 0x${flags.toString(16)}, sequence ${sequence}`
      // With the padding up to the next message.
      const payload = datagram.subarray(start, start + align(message.payload.length))
      const header = datagram.subarray(start - Size.NLMSGHDR, start)
      return [line(header, comment, 0), ...payloadLines({ ...message, payload }, layouts)]
    })
  } catch {
    return plain(datagram)
  }
}

function payloadLines(message: Message, layouts: Layouts): string[] {
  const { type, payload } = message
  if (type === ControlType.ERROR || type === ControlType.DONE) return statusLines(message)
  const layout = layouts(message)
  if (layout === undefined || payload.length < layout.headerBytes) return plain(payload)
  const header = line(payload.subarray(0, layout.headerBytes), layout.header, 0)
  return [header, ...runLines(payload.subarray(layout.headerBytes), layout.attributes, 1)]
}

/** NLMSG_ERROR and NLMSG_DONE: the errno; of an error the request's header, and the request where it is not cut off. */
function statusLines({ type, flags, payload }: Message): string[] {
  const errno = -viewOf(payload).getInt32(0, LITTLE)
  const lines = [line(payload.subarray(0, 4), errno === 0 ? 'success' : errnoName(errno), 0)]
  const end = type === ControlType.DONE ? 4 : 4 + Size.NLMSGHDR
  if (type === ControlType.ERROR) lines.push(line(payload.subarray(4, end), "the request's nlmsghdr", 0))
  const rest = payload.subarray(end)
  const isText = (flags & Flag.ACK_TLVS) !== 0 && (type === ControlType.DONE || (flags & Flag.CAPPED) !== 0)
  return [...lines, ...(isText ? runLines(rest, { names: ErrAttr }, 1) : plain(rest))]
}

/** A run of attributes; plain hex where it is none. */
function runLines(bytes: Uint8Array, nest: Nest, depth: number): string[] {
  try {
    return attributeLines(bytes, nest, depth)
  } catch {
    return plain(bytes)
  }
}

function attributeLines(bytes: Uint8Array, nest: Nest, depth: number): string[] {
  return readAttributes(bytes).flatMap((attribute) => {
    const start = attribute.payload.byteOffset - bytes.byteOffset
    const name = nameIn(nest.names, attribute.type)
    const inner = nest.nests?.[attribute.type]
    const header = bytes.subarray(start - Size.NLATTR, start)
    if (inner !== undefined) {
      return [line(header, name, depth), ...attributeLines(attribute.payload, inner, depth + 1)]
    }
    return [line(bytes.subarray(start - Size.NLATTR, start + align(attribute.payload.length)), name, depth)]
  })
}

function plain(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) lines.push(toHex(bytes.subarray(at, at + 16)))
  return lines
}

function line(bytes: Uint8Array, comment: string, depth: number): string {
  return `${'  '.repeat(depth)}${toHex(bytes)}  # ${comment}`
}

/** The name of a number, for comments: the number itself where there is none. */
export function nameIn(names: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(names).find((name) => names[name] === number) ?? String(number)
}
