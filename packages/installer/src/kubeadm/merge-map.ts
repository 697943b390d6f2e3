import { isAlias, isMap, isScalar, type Node, Scalar, type YAMLMap } from 'yaml'
import { quoteUnsafe } from './documents.ts'
import { type MergeContext, newNode, type PlainScalar, pathText, tell, wrongShape } from './merge-context.ts'
import { mergeList } from './merge-list.ts'
import { documentError } from './user-documents.ts'

/** The values that must be ours: nodes find the control plane by them. */
const FORCED: ReadonlySet<string> = new Set(['ClusterConfiguration.controlPlaneEndpoint'])

/** Puts every value of ours, a plain object, into a map of the user's. */
export function mergeMap(map: YAMLMap, ours: object, path: readonly string[], context: MergeContext): void {
  if (map.has('<<'))
    throw documentError(context.lines, map, `${pathText(path)} has a merge key <<: write it out`)
  for (const [key, value] of Object.entries(ours)) mergeKey(map, key, value, path, context)
}

function mergeKey(
  map: YAMLMap,
  key: string,
  ours: unknown,
  above: readonly string[],
  context: MergeContext,
): void {
  const path = [...above, key]
  const theirs = map.get(key, true) as Node | undefined // a parsed map has nodes only
  if (theirs === undefined || (isScalar(theirs) && theirs.value === null)) {
    map.set(key, withComments(newNode(ours, context), theirs))
    context.changed.add(map)
  } else if (isScalarValue(ours)) mergeScalar(theirs, ours, path, context)
  else if (Array.isArray(ours)) mergeList(theirs, ours, path, context)
  else if (isMap(theirs)) mergeMap(theirs, Object(ours), path, context)
  else throw wrongShape(theirs, path, 'a map', context)
}

function mergeScalar(theirs: Node, ours: PlainScalar, path: readonly string[], context: MergeContext): void {
  const node = isAlias(theirs) ? theirs.resolve(context.document) : theirs
  if (!isScalar(node)) throw wrongShape(theirs, path, 'one value', context)
  if (String(node.value) === String(ours)) return
  const isForced = FORCED.has([context.kind, ...path].join('.'))
  if (isForced && isAlias(theirs)) throw wrongShape(theirs, path, 'one value', context)
  tell(context, isForced ? 'replaced' : 'kept', path, theirs, [node.value, ours])
  if (!isForced) return
  node.value = ours
  if (node.type === Scalar.PLAIN) quoteUnsafe(node)
  context.changed.add(node)
}

/** A comment beside an empty value stays, above what takes its place. */
function withComments(node: Node, empty: Node | undefined): Node {
  const comments = [empty?.commentBefore, empty?.comment].filter((comment) => typeof comment === 'string')
  if (comments.length > 0) node.commentBefore = comments.join('\n')
  return node
}

function isScalarValue(value: unknown): value is PlainScalar {
  return typeof value !== 'object' || value === null
}
