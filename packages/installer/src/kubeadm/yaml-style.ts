import type { YAMLMap, YAMLSeq } from 'yaml'
import { isMap, isScalar, isSeq, type LineCounter, type Scalar, type ToStringOptions, visit } from 'yaml'
import type { UserDocument } from './user-documents.ts'

/** How a document was written, so that it is written back that way. */
export function styleOf({ document, source }: UserDocument, lines: LineCounter): ToStringOptions {
  const indent = Math.max(1, firstStep(document, lines, isMap) ?? 2)
  return {
    lineWidth: 0,
    indent,
    // Without it the library writes lists two columns less to the right than maps.
    indentSeq: (firstStep(document, lines, isSeq) ?? 0) >= indent,
    flowCollectionPadding: /[[{] /.test(source),
  }
}

/** By how many columns the first map, or list, in block style is further right than its key; `undefined` where there is none. */
function firstStep(
  document: UserDocument['document'],
  lines: LineCounter,
  is: (node: unknown) => node is YAMLMap | YAMLSeq,
): number | undefined {
  let step: number | undefined
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !is(value) || value.flow === true) return undefined
      step = columnOf(value, lines) - columnOf(key, lines)
      return Number.isNaN(step) ? undefined : visit.BREAK
    },
  })
  return Number.isNaN(step) ? undefined : step
}

/** NaN for a node that is not from the text. */
function columnOf({ range }: YAMLMap | YAMLSeq | Scalar, lines: LineCounter): number {
  return range === undefined || range === null ? Number.NaN : lines.linePos(range[0]).col
}
