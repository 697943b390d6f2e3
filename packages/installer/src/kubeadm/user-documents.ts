import { type Document, isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments, visit } from 'yaml'
import { DocumentError } from '../errors.ts'

/** One document of a text with several. */
export interface UserDocument {
  readonly document: Document.Parsed
  /** Group and kind, such as `kubeadm.k8s.io/ClusterConfiguration`; `undefined` for what is no Kubernetes object. */
  readonly key: string | undefined
  /** Its bytes, with everything between it and the document before. */
  readonly source: string
}

/** A text of several documents, and where things stand in it. */
export interface UserText {
  readonly documents: readonly UserDocument[]
  readonly lines: LineCounter
}

/** Numbers stay the text they are: 0644 and 1.50 must come out as they went in. */
const KEPT_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null', 'bool'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** Reads a text; throws {@link DocumentError} with line and column for bad YAML and for two documents of one kind. */
export function readUserText(text: string): UserText {
  const lines = new LineCounter()
  const found = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'object' && KEPT_TAGS.has(tag.tag)),
  })
  const parsed = 'empty' in found ? [] : found
  for (const document of parsed) checkDocument(document, lines)
  checkComplete(text, parsed, lines)
  const documents = withSources(text, parsed)
  checkKinds(documents, lines)
  return { documents, lines }
}

/** An error at a node, or at an offset of the text. */
export function documentError(
  lines: LineCounter,
  at: { readonly range?: readonly [number, ...unknown[]] | null | undefined } | number,
  what: string,
): DocumentError {
  const { line, col } = positionOf(lines, at)
  return new DocumentError(`line ${line}, column ${col}: ${what}`)
}

/** Line and column of a node, both from 1. */
export function positionOf(
  lines: LineCounter,
  at: { readonly range?: readonly [number, ...unknown[]] | null | undefined } | number,
): { readonly line: number; readonly col: number } {
  const { line, col } = lines.linePos(typeof at === 'number' ? at : (at.range?.[0] ?? 0))
  return { line: Math.max(line, 1), col: Math.max(col, 1) }
}

function checkDocument(document: Document.Parsed, lines: LineCounter): void {
  const error = document.errors[0]
  if (error !== undefined) throw documentError(lines, error.pos[0], error.message)
  visit(document, {
    Alias(_, alias, path) {
      const target = alias.resolve(document)
      const what =
        target === undefined ? 'there is no' : path.includes(target) ? 'it stands inside of' : undefined
      if (what !== undefined)
        throw documentError(lines, alias, `*${alias.source} stands for nothing: ${what} &${alias.source}`)
    },
  })
}

/** Some nonsense makes the parser stop without a word: nothing but comments and marks may be outside of the documents. */
function checkComplete(text: string, documents: readonly Document.Parsed[], lines: LineCounter): void {
  let at = 0
  for (const [start, , end] of [...documents.map(({ range }) => range), [text.length, 0, text.length]]) {
    const lost = /^(?!\s*(?:#|%|---\s|\.\.\.\s|$)).+/m.exec(text.slice(at, start))
    if (lost !== null) throw documentError(lines, at + lost.index, 'this cannot be read')
    at = end ?? text.length
  }
}

function withSources(text: string, documents: readonly Document.Parsed[]): UserDocument[] {
  return documents.map((document, index) => {
    const start = index === 0 ? 0 : documents[index - 1]?.range[2]
    const end = index === documents.length - 1 ? undefined : document.range[2]
    return { document, key: keyOf(document), source: text.slice(start, end) }
  })
}

/** Versions of one group count as one kind: kubeadm takes a kind once. */
function keyOf({ contents }: Document.Parsed): string | undefined {
  const version = textOf(contents, 'apiVersion')
  const kind = textOf(contents, 'kind')
  if (version === undefined || kind === undefined) return undefined
  return `${version.includes('/') ? version.split('/')[0] : ''}/${kind}`
}

/** The text at a key of a map; `undefined` where there is something else. */
export function textOf(node: ParsedNode | null, key: string): string | undefined {
  const value = isMap(node) ? node.get(key, true) : undefined
  return isScalar(value) && typeof value.value === 'string' ? value.value : undefined
}

function checkKinds(documents: readonly UserDocument[], lines: LineCounter): void {
  const first = new Map<string, UserDocument>()
  for (const item of documents) {
    const { key, document } = item
    if (key === undefined) continue
    const other = first.get(key)?.document
    if (other !== undefined) throw documentError(lines, document.contents ?? 0, twice(key, other, lines))
    first.set(key, item)
  }
}

function twice(key: string, { contents }: Document.Parsed, lines: LineCounter): string {
  const kind = key.slice(key.indexOf('/') + 1)
  return `a second ${kind}: the first is at line ${positionOf(lines, contents ?? 0).line}, and kubeadm takes one`
}
