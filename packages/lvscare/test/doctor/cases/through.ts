import { unseen } from '../../../src/doctor/facts.ts'
import { DEAD, HEALTHY, INCONCLUSIVE, SICK } from '../../verdicts.ts'
import { certificate } from '../healthy.ts'
import { type Case, dead, first, through } from './changes.ts'

/** Connections through the virtual IP. */
export const THROUGH_CASES: readonly Case[] = throughCases()

function throughCases(): Case[] {
  const somebody = certificate('', { subject: 'CN=somebody' })
  return [
    { what: 'refused at the virtual IP', facts: through(DEAD, DEAD), findings: ['vip-refused'] },
    { what: 'no answer at the virtual IP', facts: through(dead('timeout')), findings: ['vip-timeout'] },
    { what: 'no way to the virtual IP', facts: through(dead('unreachable')), findings: ['vip-unreachable'] },
    { what: 'no TLS at the virtual IP', facts: through(dead('tls')), findings: ['vip-failed'] },
    { what: '500 at the virtual IP', facts: through(HEALTHY, SICK), findings: ['vip-sick'] },
    { what: 'now and then', facts: through(HEALTHY, DEAD), findings: ['vip-partly'] },
    { what: 'no descriptors', facts: through(INCONCLUSIVE), findings: ['vip-unseen'] },
    {
      what: 'somebody else at the virtual IP',
      facts: { through: [{ verdict: HEALTHY, certificate: somebody }] },
      findings: ['vip-somebody-else'],
    },
    {
      what: 'somebody at the virtual IP who may be a server that showed nothing',
      facts: {
        ...first({ certificate: unseen('ECONNRESET') }),
        through: [{ verdict: HEALTHY, certificate: somebody }],
      },
      findings: ['certificate-unseen'],
    },
  ]
}
