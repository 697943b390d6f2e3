import { LITTLE, viewOf } from '../bytes.ts'
import { CtrlCommand, Genl } from '../genl/constants.ts'
import { readMessages } from '../message.ts'
import { annotate, type Layouts } from './annotate.ts'
import { parseHex } from './hex.ts'
import type { Exchange } from './recording.ts'

/**
 * A capture: what was done on which kernel, and every datagram of it in order.
 *
 * As a file: `# kernel: <release>`, `# command: <words>`, then for each datagram a line `# request` or `# answer` and
 * its bytes as annotated hex. Bytes are what counts, comments are for the reader.
 */
export interface Golden {
  readonly kernel: string
  readonly command: string
  readonly exchanges: readonly Exchange[]
}

/** The text of a golden file, with the name of every attribute that `layouts` knows behind its bytes. */
export function formatGolden({ kernel, command, exchanges }: Golden, layouts: Layouts): string {
  const datagrams = exchanges.map(
    ({ direction, bytes }) => `\n# ${direction}\n${annotate(bytes, layouts).join('\n')}\n`,
  )
  return `# kernel: ${kernel}\n# command: ${command}\n${datagrams.join('')}`
}

/** Reads a golden file; throws RangeError when a line of the header is missing or the bytes are no hex. */
export function parseGolden(text: string): Golden {
  const [header = '', ...parts] = text.split(/^# (request|answer)$/m)
  const exchanges: Exchange[] = []
  for (let at = 0; at < parts.length; at += 2) {
    const direction = parts[at] === 'request' ? 'request' : 'answer'
    exchanges.push({ direction, bytes: parseHex(parts[at + 1] ?? '') })
  }
  return { kernel: headerLine(header, 'kernel'), command: headerLine(header, 'command'), exchanges }
}

/** One request and the datagrams of its answer. */
export interface Turn {
  readonly request: Uint8Array
  readonly answers: readonly Uint8Array[]
}

/** The requests of a capture with their answers; of a family's look-up only where there is nothing else. */
export function turnsOf({ exchanges }: Pick<Golden, 'exchanges'>): Turn[] {
  const turns: { request: Uint8Array; answers: Uint8Array[] }[] = []
  for (const { direction, bytes } of exchanges) {
    if (direction === 'request') turns.push({ request: bytes, answers: [] })
    else if (turns.length === 0) throw new RangeError('a capture begins with a request')
    else turns.at(-1)?.answers.push(bytes)
  }
  const others = turns.filter(({ request }) => !isLookup(request))
  return others.length > 0 ? others : turns
}

/** True for a request that asks generic netlink's controller for a family. */
export function isLookup(datagram: Uint8Array): boolean {
  // RTM_NEWLINK has the same number as the controller, but its first byte is an address family, which is 0.
  return readMessages(datagram).some(
    ({ type, payload }) => type === Genl.ID_CTRL && payload[0] === CtrlCommand.GETFAMILY,
  )
}

/**
 * A copy in which only that is zero which the kernel or the past decides: in each header the sequence, the type where
 * it is `familyId`, and in answers the port id and the copy of these in an NLMSG_ERROR.
 */
export function timeless({ direction, bytes }: Exchange, familyId?: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (const { type, payload } of readMessages(copy)) {
    clear(copy, payload.byteOffset - HEADER_BYTES, direction, familyId)
    if (type === ERROR) clear(copy, payload.byteOffset + ERRNO_BYTES, 'request', familyId)
  }
  return copy
}

const HEADER_BYTES = 16
const ERROR = 2
const ERRNO_BYTES = 4

function clear(bytes: Uint8Array, at: number, direction: Exchange['direction'], familyId?: number): void {
  const view = viewOf(bytes)
  if (view.getUint16(at + 4, LITTLE) === familyId) view.setUint16(at + 4, 0, LITTLE)
  view.setUint32(at + 8, 0, LITTLE)
  if (direction === 'answer') view.setUint32(at + 12, 0, LITTLE)
}

function headerLine(header: string, name: string): string {
  const value = new RegExp(`^# ${name}: (.+)$`, 'm').exec(header)?.[1]
  if (value === undefined) throw new RangeError(`a golden file begins with "# ${name}: ..."`)
  return value
}
