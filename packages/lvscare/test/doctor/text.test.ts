import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { doctorJson, doctorText } from '../../src/doctor/text.ts'

const FINE: Finding = {
  code: 'kernel-ok',
  severity: 'ok',
  subject: 'kernel',
  message: 'Linux 6.1',
  meaning: 'm',
}
const NOTE: Finding = {
  code: 'member-out',
  severity: 'note',
  subject: 'rule',
  message: 'one is out',
  meaning: 'that is right',
  advice: 'nothing',
}
const BAD: Finding = {
  code: 'rule-missing',
  severity: 'error',
  subject: 'rule',
  message: 'no rule',
  meaning: 'nobody forwards',
  advice: 'set it',
  command: 'lvscare care',
}

describe('doctorText()', () => {
  it('shows what is worst first, by subject, and the sum at the end', () => {
    expect(doctorText([FINE, NOTE, BAD])).toBe(`rule
  error    no rule  [rule-missing]
           means: nobody forwards
           do:    set it
           run:   lvscare care
  note     one is out  [member-out]
           means: that is right
           do:    nothing

kernel
  ok       Linux 6.1

1 error, 0 warnings, 1 note, 1 ok
`)
  })

  it('lets nothing through that could move the cursor or end a line', () => {
    const text = doctorText([{ ...FINE, message: 'CN=\u001b[2Jx\ny' }])
    expect(text).toContain('CN= [2Jx y')
  })
})

describe('doctorJson()', () => {
  it('has the findings as they are, the worst severity and the counts', () => {
    expect(JSON.parse(doctorJson([FINE, NOTE]))).toEqual({
      worst: 'note',
      counts: { ok: 1, note: 1, warning: 0, error: 0 },
      findings: [FINE, NOTE],
    })
  })
})
