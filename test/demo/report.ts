import type { LogLine } from '../lab/guard.ts'
import { shownTable } from '../lab/ipvsadm.ts'
import { type Tally, total } from './traffic.ts'

/** One line of the summary. */
export interface Row {
  readonly step: string
  readonly seen: string
  readonly ms: number
  readonly tally: Tally | undefined
}

/** Starts a step: what is done, and to whom. */
export function heading(number: number, text: string): void {
  console.log(`\n== ${number}. ${text}`)
}

/** One line of the guard's log, for people. */
export function logLine({ msg, level: _level, time: _time, ...fields }: LogLine): void {
  const shown = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  console.log(`   guard: ${msg}  ${shown.join(' ')}`)
}

/** The table as ipvsadm prints it, and how long it took to become so. */
export function tableAfter(seen: string, ms: number): void {
  console.log(`   ${seen} after ${Math.round(ms)} ms; ipvsadm -Ln:`)
  for (const line of shownTable().trimEnd().split('\n')) console.log(`     ${line.trimEnd()}`)
}

/** What the client saw during a step. */
export function clientLine({ answered, failed }: Tally): void {
  const by = [...answered].sort().map(([server, count]) => `${server} ${count}`)
  const errors = [...failed].map(([code, count]) => `${code} ${count}`)
  const failures = errors.length === 0 ? 'none failed' : `${total(failed)} failed (${errors.join(', ')})`
  console.log(`   client: ${total(answered)} new connections answered (${by.join(', ')}), ${failures}`)
}

/** All steps, one line each. */
export function summary(rows: readonly Row[]): void {
  const cells = rows.map(({ step, seen, ms, tally }) => [
    step,
    seen,
    `${Math.round(ms)}`,
    tally === undefined ? '' : `${total(tally.answered)}`,
    tally === undefined ? '' : `${total(tally.failed)}`,
  ])
  const head = ['step', 'seen in the kernel', 'ms', 'answered', 'failed']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  console.log(`\n${line(head)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`)
  for (const row of cells) console.log(line(row))
}
