import { describe, expect, it } from 'vitest'
import { page, table, word } from '../../../../test/contract/support/doc-table.ts'
import { ALL_KINDS } from '../../src/doctor/checks/index.ts'
import { EXIT_CODES } from '../../src/doctor/finding.ts'

const PAGE = page('doctor.md')

/** A row of the page as the program would write it. */
function rowOf([code, { severity, meaning, advice, command }]: (typeof KINDS)[number]): string {
  const words = [advice, command === undefined ? undefined : `\`${command}\``]
  const fix = words.filter((text) => text !== undefined).join(' ')
  return `| \`${code}\` | ${severity} | ${meaning} | ${fix}${fix === '' ? '' : ' '}|`
}

const KINDS = Object.entries(ALL_KINDS)

describe('docs/doctor.md', () => {
  it('has every finding once, in its order and in the words of the program', () => {
    // The columns are as wide as their widest cell: how wide is not compared.
    const lines = PAGE.split('\n').map((line) => line.replaceAll(/ +\|/g, ' |'))
    const rows = lines.filter((line) => /^\| `[a-z-]+` \| (ok|note|warning|error) \|/.test(line))
    expect(rows).toEqual(KINDS.map(rowOf).map((row) => row.replaceAll(/ +\|/g, ' |')))
  })

  it('has the exit codes', () => {
    const rows = table(PAGE, 'Worst finding').map((row) => [
      word(row['Worst finding']),
      Number(row['Exit code']),
    ])
    expect(Object.fromEntries(rows)).toEqual(EXIT_CODES)
  })

  it('explains every name in braces', () => {
    const names = KINDS.flatMap(([, { advice = '', command = '' }]) =>
      [...`${advice} ${command}`.matchAll(/\{(\w+)\}/g)].map(([name]) => name),
    )
    const rows = table(PAGE, 'Name').map((row) => word(row['Name']))
    expect(rows.sort()).toEqual([...new Set(names)].sort())
  })
})
