import type { DoctorConfig } from '../../config.ts'
import { ServicePiece } from '../../path/service.ts'
import { careCommand } from '../commands.ts'
import type { Facts, RuleFacts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { memberFindings } from './members.ts'

const GUARD = 'A running guard does it by itself within a second.'

const KINDS = {
  'rule-ok': { severity: 'ok', meaning: 'The virtual service is there, with the members it should have.' },
  'rule-unseen': {
    severity: 'note',
    meaning: 'Without IPVS or the privilege to read it nothing is known about the rule.',
    advice: 'Mend that first.',
  },
  'rule-missing': {
    severity: 'error',
    meaning:
      'Nobody forwards what is sent to the virtual server: clients are refused, or nobody answers them.',
    advice: 'A running guard sets it within a second. This sets it once; start the guard to keep it.',
    command: '{care} --run-once',
  },
  'rule-settings': {
    severity: 'warning',
    meaning: 'Connections are shared out in another way than the flags say.',
    advice: GUARD,
    command: '{care} --run-once',
  },
} as const

/** Findings about the virtual service. */
export const RULE_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'rule')

/** Is the rule there, and are its members the servers that answer? */
export function ruleFindings(facts: Facts, config: DoctorConfig): Finding[] {
  const { rule } = facts
  if (!rule.seen) return [report('rule-unseen', rule.why)]
  const care = careCommand(config)
  const { virtual } = config
  if (rule.value === undefined)
    return [report('rule-missing', `the kernel has no virtual service TCP ${virtual.text}`, { care })]
  const found = [...settingFindings(rule.value, config), ...memberFindings(facts, rule.value, config)]
  if (found.some(({ severity }) => severity !== 'note')) return found
  const { service, members } = rule.value
  return [report('rule-ok', `TCP ${virtual.text} ${service.scheduler}, ${members.length} members`), ...found]
}

/** What the guard would change about the service itself. */
function settingFindings({ service }: RuleFacts, config: DoctorConfig): Finding[] {
  const nothing = (): void => undefined
  const table = { service: () => service, addService: nothing, setService: nothing, deleteService: nothing }
  const steps = new ServicePiece(table, config.virtual, config.scheduler).plan()
  const values = { care: careCommand(config) }
  return steps.map(({ found }) =>
    report('rule-settings', `it is "${found}", not "${config.scheduler}"`, values),
  )
}
