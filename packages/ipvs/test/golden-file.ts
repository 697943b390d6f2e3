import { readMessages } from '@lvscare/netlink'
import { type Exchange, parseHex } from '@lvscare/netlink/testing'
import { annotate } from './annotate.ts'

/**
 * A capture: what was done on which kernel, and every datagram of it in order.
 *
 * As a file: `# kernel: <release>`, `# command: <words>`, then for each datagram a line `# request` or `# answer` and
 * its bytes as annotated hex. A file need not have both directions. Bytes are what counts, comments are for the reader.
 */
export interface Golden {
  readonly kernel: string
  readonly command: string
  readonly exchanges: readonly Exchange[]
}

/** The text of a golden file, with the name of every attribute behind its bytes. */
export function formatGolden({ kernel, command, exchanges }: Golden): string {
  const datagrams = exchanges.map(
    ({ direction, bytes }) => `\n# ${direction}\n${annotate(bytes).join('\n')}\n`,
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

/** One request and the datagrams of its answer; a capture of an answer alone has no request. */
export interface Turn {
  readonly request: Uint8Array | undefined
  readonly answers: readonly Uint8Array[]
}

/** The requests of a capture with their answers, without the look-up of the family. */
export function turnsOf(golden: Golden): Turn[] {
  const turns: { request: Uint8Array | undefined; answers: Uint8Array[] }[] = []
  for (const { direction, bytes } of golden.exchanges) {
    const last = turns.at(-1)
    if (direction === 'request') turns.push({ request: bytes, answers: [] })
    else if (last === undefined) turns.push({ request: undefined, answers: [bytes] })
    else last.answers.push(bytes)
  }
  return turns.filter(({ request }) => request === undefined || !isLookup(request))
}

const GENL_ID_CTRL = 16

function isLookup(datagram: Uint8Array): boolean {
  return [...readMessages(datagram)].some(({ type }) => type === GENL_ID_CTRL)
}

function headerLine(header: string, name: string): string {
  const value = new RegExp(`^# ${name}: (.+)$`, 'm').exec(header)?.[1]
  if (value === undefined) throw new RangeError(`a golden file begins with "# ${name}: ..."`)
  return value
}
