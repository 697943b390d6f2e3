import { hostsParts } from './block.ts'

/** A line of somebody else that gives our name an address. */
export interface ForeignHostsLine {
  /** From 1. */
  readonly line: number
  readonly address: string
  /** The line without what ends it. */
  readonly text: string
}

/** A first or last line of a block without its other half. */
export interface DamagedMarker {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** What /etc/hosts says about one name. */
export interface HostsReading {
  /** Our block as it stands, with its markers; `undefined`: there is none. Of several the first. */
  readonly block: string | undefined
  /** Blocks of ours; more than one where files were put together. */
  readonly blocks: number
  readonly foreign: readonly ForeignHostsLine[]
  readonly damaged: readonly DamagedMarker[]
}

/** What isspace(3) takes for a blank; in the bytes of other letters there may be what Unicode takes for one. */
const BLANKS = /[ \t\v\f\r\n]+/

/** Reads /etc/hosts, one letter for each byte, for one name (hosts(5)); names are the same in capital letters. */
export function readHosts(text: string, name: string): HostsReading {
  const parts = hostsParts(text)
  const blocks = parts.filter(({ kind }) => kind === 'block')
  const numbered = (kind: 'foreign' | 'marker'): DamagedMarker[] =>
    parts
      .filter((part) => part.kind === kind)
      .flatMap(({ line, lines }) => lines.map((one, index) => ({ line: line + index, text: shown(one) })))
  return {
    block: blocks[0]?.lines.join(''),
    blocks: blocks.length,
    foreign: numbered('foreign').flatMap((line) => foreignLine(line, name)),
    damaged: numbered('marker'),
  }
}

/** The lines between our markers, such as `10.103.97.2 apiserver.cluster.local`. */
export function blockLines(text: string): readonly string[] {
  const lines = (readHosts(text, '').block ?? '').split('\n').map((line) => line.trimEnd())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

/** The name that our block gives an address; `undefined` without a block. */
export function blockName(text: string): string | undefined {
  return blockLines(text)[0]?.split(BLANKS)[1]
}

function foreignLine({ line, text }: DamagedMarker, name: string): ForeignHostsLine[] {
  const [address = '', ...names] = text
    .replace(/#.*/s, '')
    .split(BLANKS)
    .filter((word) => word !== '')
  const isMeant = names.some((one) => one.toLowerCase() === name.toLowerCase())
  return isMeant ? [{ line, address, text }] : []
}

function shown(line: string): string {
  return line.replace(/\r?\n$/, '')
}
