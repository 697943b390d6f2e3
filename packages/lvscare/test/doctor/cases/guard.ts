import { type Facts, saw, unseen } from '../../../src/doctor/facts.ts'
import { pieceView } from '../../views.ts'
import { told } from '../healthy.ts'
import type { Case } from './changes.ts'

/** The guard. */
export const GUARD_CASES: readonly Case[] = guardCases()

function guardCases(): Case[] {
  const guard = (report: Facts['guard']['report'], guarded: string[] = []): Partial<Facts> => ({
    guard: { report, guarded: saw(guarded) },
  })
  return [
    { what: 'no guard', facts: guard(saw(undefined), ['10.0.0.1:6443']), findings: ['guard-missing'] },
    { what: 'a guard that mumbles', facts: guard(unseen('no object')), findings: ['guard-unseen'] },
    { what: 'a guard that is stuck', facts: guard(saw(told({ alive: false }))), findings: ['guard-stuck'] },
    {
      what: 'a guard that fails',
      facts: guard(saw(told({ ready: false, pieces: [pieceView('route', { ok: false, error: 'EPERM' })] }))),
      findings: ['guard-not-ready'],
    },
    {
      what: 'a guard that repairs',
      facts: guard(saw(told({ pieces: [pieceView('service', { repairs: 3 })] }))),
      findings: ['guard-repairs'],
    },
    {
      what: 'a guard with another scheduler',
      facts: guard(saw(told({}, { scheduler: 'wlc' }))),
      findings: ['guard-other-flags'],
    },
    {
      what: 'a guard with other servers',
      facts: guard(saw(told({ servers: [] }))),
      findings: ['guard-other-flags'],
    },
  ]
}
