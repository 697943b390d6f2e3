import { type Document, isMap, type LineCounter, type Node, type ParsedNode, visit } from 'yaml'
import { type AnyDocument, documentList, type KubeadmDocuments, kubeadmYaml } from './documents.ts'
import type { NoteListener } from './merge-context.ts'
import { mergeMap } from './merge-map.ts'
import { documentError, readUserText, textOf, type UserDocument, type UserText } from './user-documents.ts'
import { styleOf } from './yaml-style.ts'

/**
 * Puts the documents into a user's own text of several YAML documents.
 *
 * Comments, order, unknown documents and unknown fields stay; a document that already says everything stays to the byte.
 * The user's values win, lists become unions, and one value must be ours: `controlPlaneEndpoint`. `onNote` hears of every
 * value that differs. Documents that the text has not are added at its end.
 *
 * Throws DocumentError with line and column for bad YAML, for two documents of one kind, for another version of the API,
 * and for values of another shape.
 */
export function mergeKubeadmConfig(
  userText: string,
  documents: KubeadmDocuments,
  onNote: NoteListener = () => {},
): string {
  const ending = /^(?:[^\n]*\r\n)+[^\n]*$/.test(userText) ? '\r\n' : '\n'
  const text = userText.replaceAll(ending, '\n')
  const user = readUserText(text)
  const wanted = new Map(documentList(documents).map((document) => [keyOf(document), document]))
  const parts = user.documents.map((item) => mergeDocument(item, wanted, user, onNote))
  const missing = documentList(documents).filter((document) => wanted.has(keyOf(document)))
  const merged = user.documents.length === 0 ? text : parts.join('')
  return (merged + added(merged, missing, user)).replaceAll('\n', ending)
}

/** The text of one document afterwards; takes out of `wanted` what it has taken in. */
function mergeDocument(
  item: UserDocument,
  wanted: Map<string, AnyDocument>,
  { lines }: UserText,
  onNote: NoteListener,
): string {
  const ours = item.key === undefined ? undefined : wanted.get(item.key)
  const { contents } = item.document
  if (ours === undefined || item.key === undefined || !isMap(contents)) return item.source
  wanted.delete(item.key)
  checkVersion(contents, ours, lines)
  const changed = new Set<Node>()
  mergeMap(contents, ours, [], { document: item.document, lines, kind: ours.kind, onNote, changed })
  if (changed.size === 0) return item.source
  checkAliases(item.document, changed, lines)
  return item.document.toString(styleOf(item, lines))
}

/** What is added at an anchor is added at all its aliases: the user meant something else. */
function checkAliases(document: Document.Parsed, changed: ReadonlySet<Node>, lines: LineCounter): void {
  visit(document, {
    Alias(_, alias) {
      if (hasChanged(alias.resolve(document), changed))
        throw documentError(lines, alias, `*${alias.source} would change with &${alias.source}: write it out`)
    },
  })
}

/** True when a node, or one inside of it, is among the changed. */
function hasChanged(node: Node | undefined, changed: ReadonlySet<Node>): boolean {
  let found = false
  visit(node ?? null, {
    Node(_, inner) {
      found ||= changed.has(inner)
    },
  })
  return found
}

/** The shapes of two versions differ: values of one are nonsense in the other. */
function checkVersion(contents: ParsedNode, ours: AnyDocument, lines: LineCounter): void {
  const version = textOf(contents, 'apiVersion')
  if (version === ours.apiVersion) return
  const at = (isMap(contents) && contents.get('apiVersion', true)) || contents
  const way = ours.kind === 'KubeProxyConfiguration' ? '' : ', kubeadm config migrate translates it'
  throw documentError(lines, at, `${ours.kind} is ${version}, and ${ours.apiVersion} is needed${way}`)
}

function keyOf({ apiVersion, kind }: AnyDocument): string {
  return `${apiVersion.slice(0, apiVersion.indexOf('/'))}/${kind}`
}

/** The documents that are missing, as the end of a text. */
function added(text: string, missing: readonly AnyDocument[], { documents }: UserText): string {
  if (missing.length === 0) return ''
  const newline = text === '' || text.endsWith('\n') ? '' : '\n'
  const yaml = missing.map((document) => kubeadmYaml(asDocuments(document))).join('---\n')
  return `${newline}${documents.length === 0 ? '' : '---\n'}${yaml}`
}

function asDocuments(document: AnyDocument): KubeadmDocuments {
  switch (document.kind) {
    case 'InitConfiguration':
      return { init: document }
    case 'ClusterConfiguration':
      return { cluster: document }
    case 'KubeProxyConfiguration':
      return { kubeProxy: document }
    case 'JoinConfiguration':
      return { join: document }
  }
}
