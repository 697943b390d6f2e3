import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import { type MergeContext, newNode, wrongShape } from './merge-context.ts'

/**
 * Adds to a list of the user's what it has not.
 *
 * Items with a name, such as arguments, are the same when their names are: the user's stays.
 */
export function mergeList(
  theirs: Node,
  ours: readonly unknown[],
  path: readonly string[],
  context: MergeContext,
): void {
  if (!isSeq(theirs)) throw wrongShape(theirs, path, 'a list', context)
  const has = new Set(theirs.items.map((item) => identity(item, context)))
  const missing = ours.filter((value) => !has.has(identity(newNode(value, context), context)))
  for (const value of missing) theirs.add(newNode(value, context))
  if (missing.length > 0) context.changed.add(theirs)
}

/** What makes an item of a list the one it is. */
function identity(item: unknown, { document }: MergeContext): string {
  const node = isAlias(item) ? item.resolve(document) : item
  if (isScalar(node)) return `value ${String(node.value)}`
  return isMap(node) ? `name ${String(node.get('name'))}` : 'something else'
}
