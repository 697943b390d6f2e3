import type { DoctorConfig } from '../../config.ts'
import { careCommand } from '../commands.ts'
import type { Facts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const KINDS = {
  'masquerade-ok': { severity: 'ok', meaning: 'Connections that need it get an address of this node.' },
  'masquerade-missing': {
    severity: 'error',
    meaning:
      'The rule of the firewall that gives forwarded connections an address of this node is not there, or ' +
      'is another: servers cannot answer them.',
    advice: 'A running guard sets it within a second. A firewall that was loaded again may have removed it.',
    command: '{care} --run-once',
  },
  'masquerade-unseen': {
    severity: 'note',
    meaning: 'The tables of the firewall (nf_tables) could not be read.',
    advice: 'Run the doctor as root in the network namespace of the node.',
  },
} as const

/** Findings about masquerading, where it is asked for. */
export const MASQUERADE_KINDS: Kinds = KINDS

/** Is the table of masquerading what it should be? */
export function masqueradeFindings({ masquerade }: Facts, config: DoctorConfig): Finding[] {
  const report = reporter(KINDS, 'masquerade')
  if (masquerade === undefined) return []
  if (!masquerade.seen) return [report('masquerade-unseen', masquerade.why)]
  if (masquerade.value.length === 0) return [report('masquerade-ok', 'its table is there')]
  return [report('masquerade-missing', masquerade.value.join('; '), { care: careCommand(config) })]
}
