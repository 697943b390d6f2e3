import { publicValue, SECRET_FLAGS } from 'lvscare'
import { isScalar, isSeq, parseDocument, type Scalar } from 'yaml'
import type { StepKind } from './step.ts'

/** What stands where something may be secret. */
const HIDDEN = '[secret]'

/** The text of a file as plans and events show it: without what of the guard's flags may be secret. */
export function shownText(kind: StepKind, text: string): string {
  if (kind === 'record') return shownRecord(text)
  return kind === 'manifest' ? shownManifest(text) : text
}

/** The record has the flags by their names, wherever in it. */
function shownRecord(text: string): string {
  try {
    return `${JSON.stringify(JSON.parse(text, shownField), undefined, 2)}\n`
  } catch {
    return '[not shown: it cannot be read]\n'
  }
}

function shownField(name: string, value: unknown): unknown {
  if (SECRET_FLAGS.has(name)) return HIDDEN
  return typeof value === 'string' ? publicValue(name, value) : value
}

/** A manifest has them as words of a command line. Only these words change: the rest is shown as it is, to the byte. */
function shownManifest(text: string): string {
  const words = wordsOf(text)
  const edits = words.flatMap((word, index) => editsOf(word, words[index + 1]))
  return edits.reduceRight((sofar, { range: [start, end], value }) => {
    return `${sofar.slice(0, start)}${JSON.stringify(value)}${sofar.slice(end)}`
  }, text)
}

/** A word, and where it stands in the text. */
interface Word {
  readonly value: string
  readonly range: readonly [start: number, end: number]
}

/** The words of what the first container runs; none in what cannot be read. */
function wordsOf(text: string): readonly Word[] {
  const document = parseDocument(text, { version: '1.1', logLevel: 'silent' })
  const lists = ['command', 'args'].map((key) => document.getIn(['spec', 'containers', 0, key], true))
  const scalars = lists.flatMap((list) => (isSeq(list) ? list.items.filter(isText) : []))
  return scalars.flatMap(({ value, range }) => (range ? [{ value, range: [range[0], range[1]] }] : []))
}

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string'
}

/** What of a word, `--name=value`, or of the one behind it, `--name value`, is shown otherwise. */
function editsOf({ value: word, range }: Word, next: Word | undefined): readonly Word[] {
  const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? []
  const value = inline ?? next?.value
  if (value === undefined) return []
  const shown = SECRET_FLAGS.has(name) ? HIDDEN : publicValue(name, value)
  if (shown === value) return []
  if (inline !== undefined) return [{ value: `--${name}=${shown}`, range }]
  return next === undefined ? [] : [{ value: shown, range: next.range }]
}
