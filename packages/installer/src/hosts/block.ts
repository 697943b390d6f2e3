// The text of /etc/hosts as one letter for each byte (latin1), so that whatever stands in it comes out as it went in.

/** What one of our lines says. */
export interface HostsLine {
  readonly address: string
  readonly name: string
}

/** First line of our block in /etc/hosts. */
export const BLOCK_BEGIN = '# BEGIN lvscare-installer: do not edit, these lines are replaced'

/** Last line of our block. */
export const BLOCK_END = '# END lvscare-installer'

/** What follows the colon may change with releases, and editors leave blanks and carriage returns behind. */
const BEGIN = /^# BEGIN lvscare-installer(:[^\n]*)?[ \t\v\f\r\n]*$/

const END = /^# END lvscare-installer[ \t\v\f\r\n]*$/

/** A piece of the file; all pieces together are the whole file. */
export interface HostsPart {
  /** `block`: ours from its first line to its last; `marker`: a first or last line without its other half. */
  readonly kind: 'foreign' | 'block' | 'marker'
  /** Number of its first line, from 1. */
  readonly line: number
  /** Its lines, each with the newline that ends it. */
  readonly lines: readonly string[]
}

/** Bytes of /etc/hosts as text, and {@link hostsBytes} back, without a loss. */
export function hostsOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** The text of /etc/hosts, one character for each byte (latin1), as bytes. */
export function hostsBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/**
 * The text with exactly one block of ours, or without any where there are no `lines`.
 *
 * A block that is there is replaced where it stands; a new one becomes the first lines, so that taking it out gives
 * back every other byte, also in a file that does not end with a newline. Nothing else changes, except that markers
 * without their other half go: {@link readHosts} tells of them, and what may be somebody else's beside them stays.
 */
export function hostsText(text: string, lines: readonly HostsLine[]): string {
  const parts = hostsParts(text)
  const at = parts.findIndex(({ kind }) => kind === 'block')
  const rest = parts.map((part, index) => {
    if (index === at) return blockText(lines)
    return part.kind === 'foreign' ? part.lines.join('') : ''
  })
  return (at === -1 ? blockText(lines) : '') + rest.join('')
}

/** Our block with these lines; empty without any. */
export function blockText(lines: readonly HostsLine[]): string {
  if (lines.length === 0) return ''
  const inner = lines.map(({ address, name }) => `${address} ${name}`)
  return [BLOCK_BEGIN, ...inner, BLOCK_END, ''].join('\n')
}

/** Splits the text into what is ours and what is not. */
export function hostsParts(text: string): HostsPart[] {
  const parts: HostsPart[] = []
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  /** Where a block began that has not ended yet. */
  let open: number | undefined
  /** The first line that no part has yet. */
  let next = 0
  const put = (kind: HostsPart['kind'], end: number): void => {
    if (end > next) parts.push({ kind, line: next + 1, lines: lines.slice(next, end) })
    next = end
  }
  const putOpen = (): void => {
    if (open === undefined) return
    put('marker', open + 1)
    open = undefined
  }
  for (const [index, line] of lines.entries()) {
    if (BEGIN.test(line)) {
      putOpen()
      put('foreign', index)
      open = index
    } else if (END.test(line)) {
      if (open === undefined) put('foreign', index)
      put(open === undefined ? 'marker' : 'block', index + 1)
      open = undefined
    }
  }
  putOpen()
  put('foreign', lines.length)
  return parts
}
