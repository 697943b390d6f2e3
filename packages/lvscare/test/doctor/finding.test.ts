import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countsOf,
  EXIT_CODES,
  type Finding,
  reporter,
  SEVERITIES,
  worstOf,
} from '../../src/doctor/finding.ts'

const anyFinding: fc.Arbitrary<Finding> = fc.record({
  code: fc.string(),
  severity: fc.constantFrom(...SEVERITIES),
  subject: fc.string(),
  message: fc.string(),
  meaning: fc.string(),
})

describe('worstOf()', () => {
  it('is one of the findings, and none is worse', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { minLength: 1 }), (findings) => {
        const worst = SEVERITIES.indexOf(worstOf(findings))
        const all = findings.map(({ severity }) => SEVERITIES.indexOf(severity))
        expect(all).toContain(worst)
        expect(all.every((one) => one <= worst)).toBe(true)
      }),
    )
  })

  it('is ok when there are none', () => expect(worstOf([])).toBe('ok'))
})

describe('countsOf()', () => {
  it('counts each finding once', () => {
    fc.assert(
      fc.property(fc.array(anyFinding), (findings) => {
        const counts = countsOf(findings)
        expect(Object.values(counts).reduce((sum, one) => sum + one, 0)).toBe(findings.length)
      }),
    )
  })
})

describe('EXIT_CODES', () => {
  it('leaves 1 and 2 to a doctor that fails itself', () => {
    expect(EXIT_CODES).toEqual({ ok: 0, note: 0, warning: 3, error: 4 })
  })
})

describe('reporter()', () => {
  const kinds = {
    sick: { severity: 'error', meaning: 'm', advice: 'ask {who}', command: 'ping {host}; ping {host}' },
    fine: { severity: 'ok', meaning: 'f' },
  } as const

  it('puts values where their names stand', () => {
    const found = reporter(kinds, 's')('sick', 'ill', { who: '$&', host: '192.0.2.1' })
    expect(found).toEqual({
      code: 'sick',
      severity: 'error',
      subject: 's',
      message: 'ill',
      meaning: 'm',
      advice: 'ask $&',
      command: 'ping 192.0.2.1; ping 192.0.2.1',
    })
  })

  it('needs none for a kind without names', () => {
    const found = reporter(kinds, 's')('fine', 'well')
    expect(found).toEqual({ code: 'fine', severity: 'ok', subject: 's', message: 'well', meaning: 'f' })
  })
})
