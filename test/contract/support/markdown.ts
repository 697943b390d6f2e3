/** A fenced block of a document. */
export interface Block {
  readonly file: string
  /** Of its first line of code. */
  readonly line: number
  /** What stands behind the fence; empty when nothing does. */
  readonly language: string
  readonly text: string
}

/** A heading of a document. */
export interface Heading {
  readonly level: number
  readonly title: string
}

/** A document, taken apart. */
export interface Markdown {
  readonly blocks: readonly Block[]
  readonly headings: readonly Heading[]
  /** Targets of links and pictures, as they are written. */
  readonly links: readonly string[]
  /** Lines that are code because they are indented: how it is written cannot be told from them. */
  readonly indented: readonly number[]
}

const FENCE = /^( *)(`{3,})(.*)$/
const HEADING = /^(#{1,6}) (.+)$/
const LINK = /!?\[(?:[^[\]]|\[[^\]]*\]\([^)]*\))*\]\(([^)\s]+)\)/g
const ATTRIBUTE = /\b(?:href|src|srcset)="([^"]+)"/g

/** Takes a document apart. */
export function markdown(file: string, text: string): Markdown {
  const lines = text.split('\n')
  const { blocks, prose } = fences(file, lines)
  const words = prose
    .filter((line) => line !== undefined)
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, '``')
  return {
    blocks,
    headings: prose.flatMap((line) => headingOf(line ?? '')),
    links: [...words.matchAll(LINK), ...words.matchAll(ATTRIBUTE)].map(([, target = '']) => target),
    indented: prose.flatMap((_, at) => (isIndentedCode(prose, at) ? [at + 1] : [])),
  }
}

/** The blocks, and the lines that are in none. */
function fences(file: string, lines: readonly string[]): { blocks: Block[]; prose: (string | undefined)[] } {
  const blocks: Block[] = []
  const prose: (string | undefined)[] = [...lines]
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', fence = '', language = ''] = FENCE.exec(lines[at] ?? '') ?? []
    if (fence === '') continue
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence)
    if (end === -1) throw new Error(`${file}:${at + 1}: the block has no end`)
    const code = lines
      .slice(at + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    blocks.push({ file, line: at + 2, language: language.trim(), text: `${code.join('\n')}\n` })
    prose.fill(undefined, at, end + 1)
    at = end
  }
  return { blocks, prose }
}

function headingOf(line: string): Heading[] {
  const [, marks = '', title = ''] = HEADING.exec(line) ?? []
  return marks === '' ? [] : [{ level: marks.length, title }]
}

/** Four blanks after an empty line, and not the paragraph of a list. */
function isIndentedCode(lines: readonly (string | undefined)[], at: number): boolean {
  if (!lines[at]?.startsWith('    ') || lines[at - 1] !== '') return false
  const above = lines.slice(0, at).findLast((line) => line !== undefined && /^\S/.test(line))
  return !/^([-*]|\d+\.) /.test(above ?? '')
}

/** What a heading is linked by, as GitHub makes it. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-')
}
