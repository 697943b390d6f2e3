import type { DoctorConfig } from '../../config.ts'
import type { StatusReport } from '../../status/shape.ts'
import type { Facts } from '../facts.ts'
import { type Finding, type Kinds, type Report, reporter } from '../finding.ts'

const KINDS = {
  'guard-ok': { severity: 'ok', meaning: 'A guard keeps the rule true.' },
  'guard-missing': {
    severity: 'warning',
    meaning:
      'Nobody keeps the rule true: a dead server stays in it, and what others break stays broken. Nor does ' +
      'anything set it after a restart of the node.',
    advice:
      'Start the guard: see that its manifest is in /etc/kubernetes/manifests and its pod runs (`crictl ps ' +
      '-a --name lvscare`), or `systemctl start lvscare`.',
  },
  'guard-unseen': {
    severity: 'note',
    meaning: 'Whether a guard runs, and how it is, could not be found out.',
    advice:
      'Run the doctor as the user of the guard, in the network namespace of the node. An older guard may tell less.',
  },
  'guard-stuck': {
    severity: 'error',
    meaning: 'It holds the virtual server, but has stopped looking after it, and no other guard takes over.',
    advice: 'Read its log, and start it again: the rules stay meanwhile. Please report it.',
    command: 'kill {pid}',
  },
  'guard-not-ready': {
    severity: 'warning',
    meaning: 'It runs, but could not make everything true that it should.',
    advice: 'Look up the code of the error in docs/errors.md; its log has the whole story.',
  },
  'guard-repairs': {
    severity: 'note',
    meaning: 'Somebody else changes what the guard keeps, and it mends it each time.',
    advice: 'If it goes on, find out who: docs/troubleshooting.md, "Repairs that repeat".',
  },
  'guard-other-flags': {
    severity: 'warning',
    meaning:
      'The guard keeps another rule than the one the doctor was asked about; other findings follow from that.',
    advice: 'Give the doctor the flags of the guard, or none but --vs; or correct those of the guard.',
  },
} as const

/** Findings about the guard of the virtual server. */
export const GUARD_KINDS: Kinds = KINDS

type GuardReport = Report<typeof KINDS>

/** Does a guard keep the rule, and is it well? */
export function guardFindings({ guard }: Facts, config: DoctorConfig): Finding[] {
  const report = reporter(KINDS, 'guard')
  if (!guard.report.seen) return [report('guard-unseen', guard.report.why)]
  const told = guard.report.value
  if (told === undefined) {
    const others = guard.guarded.seen ? guard.guarded.value : []
    const beside = others.length === 0 ? '' : `, but of ${others.join(', ')}`
    return [report('guard-missing', `no guard of ${config.virtual.text} runs here${beside}`)]
  }
  const wrong = [...healthFindings(told, report), ...flagFindings(told, config, report)]
  const repairs = told.path.filter((piece) => piece.repairs > 0)
  const times = repairs.map((piece) => `${piece.piece} ${piece.repairs} times`).join(', ')
  return [
    ...(wrong.length > 0 ? wrong : [report('guard-ok', introduction(told))]),
    ...(repairs.length > 0 ? [report('guard-repairs', `since its start it has mended ${times}`)] : []),
  ]
}

function introduction({ guard }: StatusReport): string {
  return guard === null
    ? 'it answers'
    : `version ${guard.version}, process ${guard.pid}, for ${Math.round(guard.uptimeSeconds)} s`
}

function healthFindings({ guard, path }: StatusReport, report: GuardReport): Finding[] {
  if (guard === null) return []
  if (!guard.alive)
    return [report('guard-stuck', `process ${guard.pid} makes no passes`, { pid: String(guard.pid) })]
  if (guard.ready) return []
  const failing = path
    .filter(({ ok }) => !ok)
    .map(({ piece, error }) => `${piece}: ${error ?? 'not yet true'}`)
  return [report('guard-not-ready', failing.join('; ') || 'it has not finished its first pass')]
}

/** What it keeps beside what the doctor was told. */
function flagFindings(told: StatusReport, config: DoctorConfig, report: GuardReport): Finding[] {
  const theirs = told.servers.filter(({ configured }) => configured !== false).map(({ server }) => server)
  const ours = config.servers.map(({ text }) => text)
  const differences = [
    difference('--rs', [...theirs].sort().join(', '), [...ours].sort().join(', ')),
    difference('--mode', told.mode ?? config.mode, config.mode),
    difference('--scheduler', told.scheduler ?? config.scheduler, config.scheduler),
  ].flat()
  return differences.length === 0 ? [] : [report('guard-other-flags', differences.join('; '))]
}

function difference(flag: string, theirs: string, ours: string): string[] {
  return theirs === ours ? [] : [`its ${flag} is ${theirs}, not ${ours}`]
}
