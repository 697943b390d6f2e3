import type { StepInfo, StepKind } from './step.ts'

/** Lines of agreement that are shown around a difference. */
const CONTEXT = 3

/** Beyond this many comparisons a difference is shown as all of the old and all of the new. */
const MAX_COMPARISONS = 4_000_000

/** Steps whose before and after are texts of files. */
const TEXTS: ReadonlySet<StepKind> = new Set(['record', 'file', 'hosts', 'manifest', 'unit'])

/** One line of a comparison. */
interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** What some steps will change: a unified diff of every text, one line for everything else, nothing for checks. */
export function stepsDiff(steps: readonly StepInfo[]): string {
  return steps.map(stepDiff).join('')
}

function stepDiff({ id, kind, title, before, after }: StepInfo): string {
  if (kind === 'check') return ''
  const path = id.slice(id.indexOf(' ') + 1)
  const text = TEXTS.has(kind) ? unifiedDiff(path, before, after) : ''
  return text === '' ? `# ${title}\n` : `# ${title}\n${text}`
}

/** The unified diff of a file, as `patch` reads it; empty when nothing differs. `undefined`: there is no such file. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return ''
  const from = before === undefined ? '/dev/null' : path
  const to = after === undefined ? '/dev/null' : path
  const lines = compare(linesOf(before ?? ''), linesOf(after ?? ''))
  return `--- ${from}\n+++ ${to}\n${hunks(lines).join('')}`
}

/** The lines with what ends them. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function compare(a: readonly string[], b: readonly string[]): Line[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return [
    ...a.slice(0, start).map(same),
    ...compareMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]
}

function compareMiddle(a: readonly string[], b: readonly string[]): Line[] {
  if (a.length * b.length > MAX_COMPARISONS) return [...a.map(gone), ...b.map(added)]
  const common = commonLengths(a, b)
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    if (left !== undefined && left === right) {
      lines.push(same(left))
      i += 1
      j += 1
    } else if (left !== undefined && (right === undefined || at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push(gone(left))
      i += 1
    } else if (right !== undefined) {
      lines.push(added(right))
      j += 1
    }
  }
  return lines
}

/** Length of the longest common subsequence of what begins at each pair of lines. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = rows[i]
      if (row === undefined) continue
      row[j] = a[i] === b[j] ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1))
    }
  }
  return rows
}

function at(rows: readonly Uint32Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0
}

const same = (text: string): Line => ({ sign: ' ', text })
const gone = (text: string): Line => ({ sign: '-', text })
const added = (text: string): Line => ({ sign: '+', text })

/** Groups of differences with the lines around them; groups that would touch are one. */
function hunks(lines: readonly Line[]): string[] {
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]))
  const ranges: { start: number; end: number }[] = []
  for (const index of changed) {
    const last = ranges.at(-1)
    if (last !== undefined && index - last.end <= 2 * CONTEXT) last.end = index + 1
    else ranges.push({ start: index, end: index + 1 })
  }
  return ranges.map(({ start, end }) => hunk(lines, Math.max(0, start - CONTEXT), end + CONTEXT))
}

function hunk(lines: readonly Line[], start: number, end: number): string {
  const before = lines.slice(0, start)
  const shown = lines.slice(start, end)
  const range = (other: Line['sign']): string => {
    const count = shown.filter(({ sign }) => sign !== other).length
    const first = before.filter(({ sign }) => sign !== other).length
    // Of an empty range the line before it is named (diffutils, Detailed Unified).
    return `${count === 0 ? first : first + 1},${count}`
  }
  return `@@ -${range('+')} +${range('-')} @@\n${shown.map(lineText).join('')}`
}

function lineText({ sign, text }: Line): string {
  return text.endsWith('\n') ? `${sign}${text}` : `${sign}${text}\n\\ No newline at end of file\n`
}
