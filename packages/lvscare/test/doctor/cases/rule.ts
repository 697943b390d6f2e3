import { saw } from '../../../src/doctor/facts.ts'
import { DEAD, SICK } from '../../verdicts.ts'
import { A, B, member, SERVICE } from '../healthy.ts'
import { type Case, first, rule, through } from './changes.ts'

/** The virtual service and its members. */
export const RULE_CASES: readonly Case[] = [
  {
    what: 'no rule',
    facts: { rule: saw(undefined), ...through(DEAD) },
    findings: ['rule-missing', 'vip-refused'],
  },
  {
    what: 'no rule, and somebody who answers all the same',
    facts: { rule: saw(undefined) },
    findings: ['rule-missing', 'vip-somebody-else'],
  },
  {
    what: 'another scheduler',
    facts: rule({ service: { ...SERVICE, scheduler: 'wlc' } }),
    findings: ['rule-settings'],
  },
  {
    what: 'persistence',
    facts: rule({ service: { ...SERVICE, flags: ['persistent'], persistenceTimeout: 300 } }),
    findings: ['rule-settings'],
  },
  { what: 'no members', facts: rule({ members: [] }), findings: ['rule-no-destination'] },
  {
    what: 'only drained members',
    facts: rule({ members: [member(A, 0), member(B, 0)] }),
    findings: ['rule-no-destination'],
  },
  { what: 'a member missing', facts: rule({ members: [member(B)] }), findings: ['member-missing'] },
  {
    what: 'a healthy member drained',
    facts: rule({ members: [member(A, 0), member(B)] }),
    findings: ['member-drained'],
  },
  {
    what: 'a dead member out of the rule',
    facts: { ...rule({ members: [member(B)] }), ...first({ verdict: DEAD }) },
    findings: ['member-out', 'server-refused'],
  },
  {
    what: 'a sick member drained',
    facts: { ...rule({ members: [member(A, 0), member(B)] }), ...first({ verdict: SICK }) },
    findings: ['member-out', 'server-sick'],
  },
  {
    what: 'a dead member in the rule',
    facts: first({ verdict: DEAD }),
    findings: ['member-not-healthy', 'server-refused'],
  },
  {
    what: 'a stranger',
    facts: rule({ members: [member(A), member(B), member('192.0.2.99:6443')] }),
    findings: ['member-stranger'],
  },
  {
    what: 'a member without masquerading',
    facts: rule({ members: [member(A, 1, 'droute'), member(B)] }),
    findings: ['member-forwarding'],
  },
]
