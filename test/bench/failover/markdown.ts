import { CONTESTANTS } from './contestants.ts'
import { type FailoverData, MEASURES, type Measure, type Spread, spread, type Time } from './data.ts'
import { FAULTS } from './faults.ts'

/** The data as a Markdown table: a row for each fault and measure, `median / worst` of each contestant. */
export function failoverTable({ results }: FailoverData): string {
  const columns = CONTESTANTS.filter(({ name }) => name in results)
  const rows = FAULTS.flatMap((fault) =>
    (Object.keys(MEASURES) as Measure[]).flatMap((measure) => {
      const cells = columns.map(({ name }) => cell(spread(results[name]?.[fault.name]?.[measure])))
      return cells.every((text) => text === '') ? [] : [[fault.title, MEASURES[measure], ...cells]]
    }),
  )
  return aligned([['fault', 'ms until', ...columns.map(({ title }) => title)], ...rows])
}

function cell(found: Spread | undefined): string {
  if (found === undefined) return ''
  const [median, worst] = [text(found.median), text(found.worst)]
  return median === worst ? worst : `${median} / ${worst}`
}

function text(time: Time): string {
  return typeof time === 'number' ? time.toLocaleString('en').replaceAll(',', ' ') : (time ?? 'never')
}

/** With columns as wide as their widest cell, for who reads the source. */
function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

const MARKS = /(<!-- failover: begin -->\n).*(<!-- failover: end -->\n)/s

/** A document with the table of these data between its marks. */
export function withTable(document: string, data: FailoverData): string {
  if (!MARKS.test(document)) throw new Error('the document has no marks for the table of the failover')
  const { taken, linux, node, results } = data
  const rounds = Object.values(results)[0]?.['killed']?.out?.length
  const from = `Measured on ${taken}, ${rounds} rounds each, Node ${node} on Linux ${linux}.`
  return document.replace(
    MARKS,
    (_, begin: string, end: string) => `${begin}\n${from}\n\n${failoverTable(data)}\n\n${end}`,
  )
}
