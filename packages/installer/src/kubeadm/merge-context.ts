import { type Document, isAlias, type LineCounter, type Node, type Scalar, visit } from 'yaml'
import { quoteUnsafe } from './documents.ts'
import { documentError, positionOf } from './user-documents.ts'

/** A value of the user's that differs from ours. */
export interface MergeNote {
  /** `replaced`: ours must be there. `kept`: the user's stays. */
  readonly action: 'replaced' | 'kept'
  /** Kind of the document. */
  readonly kind: string
  /** Where in the document, such as `networking.podSubnet`. */
  readonly path: string
  /** Where in the text, both from 1. */
  readonly line: number
  readonly column: number
  /** The user's value as text; `undefined` for a secret. */
  readonly theirs: string | undefined
  /** Our value as text; `undefined` for a secret. */
  readonly ours: string | undefined
}

/** Hears of every value that differs. */
export type NoteListener = (note: MergeNote) => void

/** What merging needs to know about the document it is in. */
export interface MergeContext {
  readonly document: Document.Parsed
  readonly lines: LineCounter
  readonly kind: string
  readonly onNote: NoteListener
  /** The nodes that were changed; merging adds to it. */
  readonly changed: Set<Node>
}

/** A single value of our documents. */
export type PlainScalar = string | number | boolean

/** The values whose text nobody may read in a log. */
const SECRETS: ReadonlySet<string> = new Set(['token', 'certificateKey'])

/** Our value as nodes of the user's document, in quotes where a reader would take it for something else. */
export function newNode(value: unknown, { document }: MergeContext): Node {
  const node = document.createNode(value)
  quoteUnsafe(node)
  visit(node, { Scalar: numberAsText })
  return node
}

/** The user's documents know no numbers: theirs stay the text they are, and ours become text without quotes. */
function numberAsText(_: unknown, scalar: Scalar): void {
  if (typeof scalar.value !== 'number') return
  scalar.value = String(scalar.value)
  scalar.type = 'PLAIN'
}

/** An error for a value whose shape is not what kubeadm reads. */
export function wrongShape(
  node: Node,
  path: readonly string[],
  shape: string,
  { lines }: MergeContext,
): Error {
  const what = isAlias(node) ? 'is an alias: write it out' : `must be ${shape}`
  return documentError(lines, node, `${pathText(path)} ${what}`)
}

/** Tells of a value that differs. */
export function tell(
  { lines, kind, onNote }: MergeContext,
  action: MergeNote['action'],
  path: readonly string[],
  node: Node,
  [theirs, ours]: readonly [theirs: unknown, ours: PlainScalar],
): void {
  const { line, col: column } = positionOf(lines, node)
  const shown = (value: unknown): string | undefined =>
    SECRETS.has(path.at(-1) ?? '') ? undefined : String(value)
  onNote({ action, kind, path: pathText(path), line, column, theirs: shown(theirs), ours: shown(ours) })
}

/** A path as messages show it. */
export function pathText(path: readonly string[]): string {
  return path.length === 0 ? 'the document' : path.join('.')
}
