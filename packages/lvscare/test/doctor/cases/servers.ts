import type { DeadReason } from 'lvscare'
import { unseen } from '../../../src/doctor/facts.ts'
import { DEAD, INCONCLUSIVE, UNAUTHORIZED } from '../../verdicts.ts'
import { B, DAY_MS, member, NOW_MS, SERVERS, server, VIP } from '../healthy.ts'
import { type Case, dead, first, rule, shown } from './changes.ts'

/** Servers and their certificates. */
export const SERVER_CASES: readonly Case[] = [
  { what: '401', facts: first({ verdict: UNAUTHORIZED }), findings: ['server-unauthorized'] },
  { what: 'plain HTTP', facts: first({ certificate: undefined }), findings: [] },
  ...serverCases(),
  {
    what: 'a certificate that has ended',
    facts: shown({ expiresMs: NOW_MS - 1 }),
    findings: ['certificate-expired'],
  },
  {
    what: 'a certificate from the future',
    facts: shown({ beginsMs: NOW_MS + DAY_MS }),
    findings: ['certificate-not-yet-valid'],
  },
  {
    what: 'a certificate for six days',
    facts: shown({ expiresMs: NOW_MS + 6 * DAY_MS }),
    findings: ['certificate-ends-this-week'],
  },
  {
    what: 'a certificate for seven days',
    facts: shown({ expiresMs: NOW_MS + 7 * DAY_MS }),
    findings: ['certificate-ends-soon'],
  },
  { what: 'a certificate for 31 days', facts: shown({ expiresMs: NOW_MS + 31 * DAY_MS }), findings: [] },
  { what: 'a certificate with an odd end', facts: shown({ expiresMs: Number.NaN }), findings: [] },
  {
    what: 'a certificate without the virtual IP',
    facts: shown({ covers: ['192.0.2.11'], names: [] }),
    findings: ['certificate-without-vip'],
  },
  {
    what: 'a certificate without its server',
    facts: shown({ covers: [VIP] }),
    findings: ['certificate-without-server'],
  },
  {
    what: 'a certificate of strangers',
    facts: shown({ distrust: 'issued by "CN=other"' }),
    findings: ['certificate-unknown-authority'],
  },
  {
    what: 'no certificate',
    facts: first({ certificate: unseen('ECONNRESET') }),
    findings: ['certificate-unseen'],
  },
]

function serverCases(): Case[] {
  const reasons: readonly (readonly [DeadReason, string])[] = [
    ['refused', 'server-refused'],
    ['unreachable', 'server-unreachable'],
    ['timeout', 'server-timeout'],
    ['tls', 'server-tls'],
    ['certificate', 'server-tls'],
    ['certificate-authority', 'server-tls'],
    ['certificate-expired', 'server-tls'],
    ['certificate-name', 'server-tls'],
    ['reset', 'server-failed'],
    ['protocol', 'server-failed'],
    ['error', 'server-failed'],
  ]
  const members = { members: [member(B)] }
  return [
    ...reasons.map(([reason, code]) => ({
      what: `a server that is dead: ${reason}`,
      facts: { ...rule(members), ...first({ verdict: dead(reason) }) },
      findings: ['member-out', code],
    })),
    {
      what: 'a node without descriptors',
      facts: first({ verdict: INCONCLUSIVE }),
      findings: ['server-unseen'],
    },
    {
      what: 'nobody healthy',
      facts: { servers: SERVERS.map((text) => ({ ...server(text), verdict: DEAD })) },
      findings: ['servers-none-healthy', 'server-refused', 'server-refused'],
    },
  ]
}
