import { basename } from 'node:path'
import type { DoctorConfig } from '../../config.ts'
import type { Facts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { processesOf } from './processes.ts'

const KINDS = {
  'others-ok': {
    severity: 'ok',
    meaning: 'No other program that is known to change the rule can be seen from here.',
  },
  'others-unseen': {
    severity: 'note',
    meaning: 'Which programs run cannot be seen from here.',
    advice: 'Run the doctor on the host, or in a pod with hostPID.',
  },
  'keepalived-runs': {
    severity: 'note',
    meaning:
      'keepalived with a virtual_server in its configuration changes the IPVS table, and empties it when ' +
      'it starts and stops. For VRRP alone it does not.',
    advice: 'See that no virtual_server is there; a running guard has its rule back within a second.',
    command: 'grep -rn virtual_server /etc/keepalived',
  },
  'other-lvscare-runs': {
    severity: 'warning',
    meaning:
      'Another lvscare that is not this one guards the same virtual server: each undoes what the other does.',
    advice: 'Keep one: move the manifest of the other out of /etc/kubernetes/manifests.',
    command: 'ps -o pid,ppid,args -p {pid}',
  },
} as const

/** Findings about other programs that change the IPVS table. */
export const OTHER_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'other programs')

/** Is anybody about who would change the rule? */
export function otherFindings({ cluster, guard }: Facts, { virtual }: DoctorConfig): Finding[] {
  const { processes } = cluster
  if (!processes.seen) return [report('others-unseen', processes.why)]
  const keepalived = processesOf(processes, 'keepalived').slice(0, 1)
  const own = guard.report.seen ? guard.report.value?.guard?.pid : undefined
  const rivals = processes.value.filter(
    ({ pid, argv }) => pid !== own && isOther(argv) && guards(argv, virtual.text),
  )
  const found = [
    ...keepalived.map(({ pid }) => report('keepalived-runs', `process ${pid}`)),
    ...rivals.map(({ pid, argv }) =>
      // Not its whole command line: headers of its probe may hold a token.
      report('other-lvscare-runs', `process ${pid}: ${argv.slice(0, 2).join(' ')}`, { pid: String(pid) }),
    ),
  ]
  return found.length > 0 ? found : [report('others-ok', `none among ${processes.value.length} processes`)]
}

/** This one is a script of Node.js, so the first word of its command line is `node`. */
function isOther([program = '']: readonly string[]): boolean {
  return basename(program) === 'lvscare'
}

function guards(argv: readonly string[], virtual: string): boolean {
  return argv.includes('care') && argv.some((word) => word === virtual || word.endsWith(`=${virtual}`))
}
