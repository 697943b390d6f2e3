import { describe, expect, it } from 'vitest'
import { ALL_KINDS } from '../../packages/lvscare/src/doctor/checks/index.ts'
import { page, quoted, table } from './support/doc-table.ts'

describe('docs/troubleshooting.md', () => {
  const rows = table(page('troubleshooting.md'), 'Finding')

  it('says of each finding of the doctor that is not ok, once, where to go on', () => {
    const bad = Object.entries(ALL_KINDS).filter(([, { severity }]) => severity !== 'ok')
    const listed = rows.flatMap((row) => quoted(row['Finding']))
    expect(listed.sort()).toEqual(bad.map(([code]) => code).sort())
  })

  it('leaves nobody without a next step', () => {
    for (const row of rows) expect([row['Finding'], row['Go on'] !== '']).toEqual([row['Finding'], true])
  })
})
