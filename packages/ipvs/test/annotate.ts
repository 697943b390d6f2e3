import { align, readAttributes, readMessages, Size } from '@lvscare/netlink'
import { parseHex, toHex } from '@lvscare/netlink/testing'
import { CmdAttr, Command, DestAttr, InfoAttr, StatsAttr, SvcAttr } from '../src/index.ts'

/** The names of the attributes in a nest, and what is nested in them. */
interface Level {
  readonly names: Readonly<Record<string, number>>
  readonly nests: Readonly<Record<number, Level>>
}

const STATS: Level = { names: StatsAttr, nests: {} }
const MESSAGE: Level = {
  names: CmdAttr,
  nests: {
    [CmdAttr.SERVICE]: { names: SvcAttr, nests: { [SvcAttr.STATS]: STATS, [SvcAttr.STATS64]: STATS } },
    [CmdAttr.DEST]: { names: DestAttr, nests: { [DestAttr.STATS]: STATS, [DestAttr.STATS64]: STATS } },
  },
}
const INFO: Level = { names: InfoAttr, nests: {} }

const GENL_HEADER_BYTES = 4

/** A datagram as annotated hex, one attribute a line; bytes that are no IPVS message stay plain hex. */
export function annotate(datagram: Uint8Array): string[] {
  const lines = annotated(datagram)
  // A comment must never cost a byte, such as one between two nests.
  return Buffer.from(parseHex(lines.join('\n'))).equals(datagram) ? lines : plain(datagram)
}

function annotated(datagram: Uint8Array): string[] {
  try {
    return [...readMessages(datagram)].flatMap((message) => {
      const header = datagram.subarray(
        message.payload.byteOffset - datagram.byteOffset - Size.NLMSGHDR,
        message.payload.byteOffset - datagram.byteOffset,
      )
      const { type, flags, sequence } = message
      const comment = `nlmsghdr: type ${type}, flags 0x${flags.toString(16)}, sequence ${sequence}`
      return [line(header, comment, 0), ...payloadLines(padded(datagram, message.payload), type)]
    })
  } catch {
    return plain(datagram)
  }
}

/** The payload with the padding up to the next message. */
function padded(datagram: Uint8Array, payload: Uint8Array): Uint8Array {
  const start = payload.byteOffset - datagram.byteOffset
  return datagram.subarray(start, start + align(payload.length))
}

function payloadLines(payload: Uint8Array, type: number): string[] {
  const [command] = payload
  if (type <= 16 || command === undefined || payload.length < GENL_HEADER_BYTES) return plain(payload)
  const name = nameIn(Command, command)
  const attributes = payload.subarray(GENL_HEADER_BYTES)
  const level = command === Command.SET_INFO ? INFO : MESSAGE
  const header = line(payload.subarray(0, GENL_HEADER_BYTES), `genlmsghdr: ${name}`, 0)
  try {
    return [header, ...attributeLines(attributes, level, 1)]
  } catch {
    return [header, ...plain(attributes)]
  }
}

function attributeLines(bytes: Uint8Array, level: Level, depth: number): string[] {
  return [...readAttributes(bytes)].flatMap((attribute) => {
    const start = attribute.payload.byteOffset - bytes.byteOffset
    const name = nameIn(level.names, attribute.type)
    const nest = level.nests[attribute.type]
    const header = bytes.subarray(start - Size.NLATTR, start)
    if (nest !== undefined) {
      return [line(header, name, depth), ...attributeLines(attribute.payload, nest, depth + 1)]
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

function nameIn(names: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(names).find((name) => names[name] === number) ?? String(number)
}
