import type { DestinationEntry } from '@lvscare/ipvs'
import type { DoctorConfig } from '../../config.ts'
import { endpointText } from '../../endpoint.ts'
import type { Outcome } from '../../health/verdict.ts'
import { careCommand } from '../commands.ts'
import type { Facts, RuleFacts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const GUARD = 'A running guard does it by itself within a second.'

const KINDS = {
  'rule-no-destination': {
    severity: 'error',
    meaning: 'No member takes new connections, so every client is refused at once.',
    advice: 'Put back a server that answers. A running guard does it as soon as one is healthy.',
    command: '{members}',
  },
  'member-missing': {
    severity: 'warning',
    meaning: 'A server that answers takes no connections, because it is no member of the rule.',
    advice: GUARD,
    command: '{care} --run-once',
  },
  'member-drained': {
    severity: 'warning',
    meaning: 'A server that answers takes no new connections, because its weight is 0.',
    advice: GUARD,
    command: 'ipvsadm -e -t {virtual} -r {server} -m -w 1',
  },
  'member-out': {
    severity: 'note',
    meaning: 'It takes no new connections, and that is right: it does not answer as a healthy server does.',
    advice: 'Nothing here; mend the server.',
  },
  'member-not-healthy': {
    severity: 'warning',
    meaning:
      'New connections are sent to a server that does not answer as a healthy one does: they may fail.',
    advice: 'A running guard takes it out, except when no server is healthy.',
    command: 'ipvsadm -e -t {virtual} -r {server} -m -w 0',
  },
  'member-stranger': {
    severity: 'warning',
    meaning:
      'A share of the connections goes to a server that is not among the configured ones, such as a ' +
      'control plane that was removed.',
    advice: 'A running guard takes it out. If it belongs there, add it with --rs.',
    command: '{care} --run-once',
  },
  'member-forwarding': {
    severity: 'error',
    meaning:
      'Packets are not masqueraded but forwarded in another way, for which a real server must be set up specially.',
    advice: GUARD,
    command: 'ipvsadm -e -t {virtual} -r {server} -m -w {weight}',
  },
} as const

/** Findings about the members of the virtual service. */
export const MEMBER_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'rule')

/** A configured server or a member of the rule, or both. */
interface Row {
  readonly server: string
  readonly member: DestinationEntry | undefined
  readonly isConfigured: boolean
  /** What it answered when it was asked directly; nobody asks a stranger. */
  readonly outcome: Outcome
}

/** Are the members of the rule the servers that answer? */
export function memberFindings(facts: Facts, rule: RuleFacts, config: DoctorConfig): Finding[] {
  const rows = rowsOf(facts, rule, config)
  const strangers = rows
    .filter(({ isConfigured }) => !isConfigured)
    .map((row) => strangerFinding(row, config))
  // When the rule takes nothing at all, that is one finding, not one for each server.
  if (!rows.some(takesNew)) return [emptyFinding(rows, config), ...strangers]
  const isAnyHealthy = rows.some(isHealthy)
  const own = rows.filter(({ isConfigured }) => isConfigured)
  return [...own.flatMap((row) => ownFinding(row, isAnyHealthy, config)), ...strangers]
}

function rowsOf({ servers }: Facts, { members }: RuleFacts, config: DoctorConfig): Row[] {
  const byText = new Map(members.map((one) => [endpointText(one.address, one.port), one]))
  const configured = new Set(config.servers.map(({ text }) => text))
  const outcomes = new Map(servers.map(({ server, verdict }) => [server.text, verdict.outcome]))
  return [...new Set([...configured, ...byText.keys()])].map((server) => ({
    server,
    member: byText.get(server),
    isConfigured: configured.has(server),
    outcome: outcomes.get(server) ?? 'inconclusive',
  }))
}

function takesNew({ member }: Row): boolean {
  return member !== undefined && member.weight > 0
}

function isHealthy({ outcome }: Row): boolean {
  return outcome === 'healthy'
}

function emptyFinding(rows: readonly Row[], { virtual }: DoctorConfig): Finding {
  const own = rows.filter(({ isConfigured }) => isConfigured)
  const wanted = own.some(isHealthy) ? own.filter(isHealthy) : own
  const commands = wanted.map(
    ({ server, member }) =>
      `ipvsadm ${member === undefined ? '-a' : '-e'} -t ${virtual.text} -r ${server} -m -w 1`,
  )
  const isBare = rows.every(({ member }) => member === undefined)
  const message = isBare ? 'it has no members' : 'every member has weight 0'
  return report('rule-no-destination', message, { members: commands.join(' && ') })
}

function ownFinding(row: Row, isAnyHealthy: boolean, config: DoctorConfig): Finding[] {
  const { server, member, outcome } = row
  const values = { virtual: config.virtual.text, server }
  if (member !== undefined && member.forward !== 'masq') return [forwardingFinding(row, member, config)]
  if (outcome === 'inconclusive' || (takesNew(row) && isHealthy(row))) return []
  const state = member === undefined ? `${server} is no member` : `${server} has weight ${member.weight}`
  // While nobody is healthy the guard leaves the last good set in place, and so does the doctor.
  if (takesNew(row)) return isAnyHealthy ? [report('member-not-healthy', state, values)] : []
  if (!isHealthy(row)) return [report('member-out', state)]
  if (member !== undefined) return [report('member-drained', state, values)]
  return [report('member-missing', state, { care: careCommand(config) })]
}

function forwardingFinding(
  { server }: Row,
  { forward, weight }: DestinationEntry,
  { virtual }: DoctorConfig,
): Finding {
  const values = { virtual: virtual.text, server, weight: String(weight) }
  return report('member-forwarding', `${server} is forwarded by ${forward}`, values)
}

function strangerFinding({ server, member }: Row, config: DoctorConfig): Finding {
  const message = `${server} with weight ${member?.weight ?? 0} is not among --rs`
  return report('member-stranger', message, { care: careCommand(config) })
}
