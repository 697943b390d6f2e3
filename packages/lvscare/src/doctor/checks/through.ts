import type { DoctorConfig } from '../../config.ts'
import type { CertificateInfo } from '../../probe/certificate.ts'
import { ipFor, shellWord } from '../commands.ts'
import type { Contact, Facts } from '../facts.ts'
import { type Finding, type Kinds, type Report, reporter } from '../finding.ts'

const KINDS = {
  'vip-ok': { severity: 'ok', meaning: 'Clients on this node reach an apiserver through the virtual IP.' },
  'vip-refused': {
    severity: 'error',
    meaning:
      'Connections are refused at once: there is no rule, no member of it takes connections, or the chosen ' +
      'server refuses.',
    advice: 'See the findings on rule and servers.',
    command: 'ipvsadm -Ln',
  },
  'vip-timeout': {
    severity: 'error',
    meaning:
      'Nobody answers: packets leave for a gateway that does not know the virtual IP, reach a server that ' +
      'is gone, or the answers find no way back.',
    advice:
      'See the findings on route and servers. It must say `local`, with an address of this node behind `src`.',
    command: '{ip} route get {vip}',
  },
  'vip-unreachable': {
    severity: 'error',
    meaning: 'This node has no way to the virtual IP, or the chosen server is out of reach.',
    advice: 'See the findings on route and servers.',
    command: '{ip} route get {vip}',
  },
  'vip-failed': {
    severity: 'error',
    meaning: 'Connections are made, but come to nothing: something else may answer at the virtual IP.',
    advice:
      'See who it is. Without a rule, a program of this node that listens on every address answers there.',
    command: 'curl -kv {url}',
  },
  'vip-sick': {
    severity: 'warning',
    meaning: 'An apiserver answers through the virtual IP, but with an error.',
    advice: 'See the findings on servers.',
  },
  'vip-partly': {
    severity: 'error',
    meaning:
      'Some connections work and others do not: a member of the rule takes connections and does not serve them.',
    advice: 'See the findings on rule and servers: a guard takes that member out.',
    command: 'ipvsadm -Ln',
  },
  'vip-somebody-else': {
    severity: 'error',
    meaning: 'It is none of the servers that answers at the virtual IP, but somebody else.',
    advice:
      'Without a rule it is a program of this node that listens on every address; else a member of the ' +
      'rule that is not configured.',
    command: 'ipvsadm -Ln; ss -ltnp sport = :{port}',
  },
  'vip-unseen': {
    severity: 'note',
    meaning: 'This node lacks something itself, so no connection through the virtual IP could be tried.',
    advice: 'Mend what is missing, and run the doctor again.',
  },
} as const

/** Findings about connections through the virtual IP, the way every client goes. */
export const THROUGH_KINDS: Kinds = KINDS

const FAILURES = {
  refused: 'vip-refused',
  timeout: 'vip-timeout',
  unreachable: 'vip-unreachable',
} as const

/** Does a client on this node get through? */
export function throughFindings(facts: Facts, config: DoctorConfig): Finding[] {
  const report = reporter(KINDS, 'virtual IP')
  const { through } = facts
  const answered = through.filter(({ verdict }) => 'status' in verdict)
  const failed = through.filter(({ verdict }) => verdict.outcome === 'dead')
  const somebody = somebodyElse(facts, config, report)
  if (through.length === 0) return []
  if (answered.length > 0 && failed.length > 0)
    return [
      report('vip-partly', `${failed.length} of ${through.length} failed: ${detailOf(failed)}`),
      ...somebody,
    ]
  if (failed.length > 0) return [failure(failed, config, report), ...somebody]
  if (answered.length === 0) return [report('vip-unseen', detailOf(through))]
  if (somebody.length > 0) return somebody
  const sick = answered.filter(({ verdict }) => verdict.outcome === 'sick')
  const message = `${answered.length} of ${through.length} connections were answered`
  return [sick.length > 0 ? report('vip-sick', detailOf(sick)) : report('vip-ok', message)]
}

function failure(
  failed: readonly Contact[],
  { virtual, health }: DoctorConfig,
  report: ThroughReport,
): Finding {
  const first = failed[0]?.verdict
  const why = first?.outcome === 'dead' && isListed(first.reason) ? FAILURES[first.reason] : 'vip-failed'
  const values = {
    ip: ipFor(virtual),
    vip: virtual.address,
    url: shellWord(`${health.scheme}://${virtual.text}${health.path}`),
  }
  return report(why, `${failed.length} connections, all the same: ${detailOf(failed)}`, values)
}

function somebodyElse(facts: Facts, { virtual }: DoctorConfig, report: ThroughReport): Finding[] {
  const why = whySomebodyElse(facts)
  return why === undefined ? [] : [report('vip-somebody-else', why, { port: String(virtual.port) })]
}

/** Nothing is said of a certificate while that of a server is unknown: it may be that one. */
function whySomebodyElse({ servers, through, rule }: Facts): string | undefined {
  const isAnswered = through.some(({ verdict }) => 'status' in verdict)
  if (isAnswered && rule.seen && rule.value === undefined) return 'there is no rule, and yet somebody answers'
  const own = servers.map(({ certificate }) =>
    certificate?.seen === true ? identityOf(certificate.value) : undefined,
  )
  if (own.includes(undefined)) return undefined
  const shown = through.flatMap(({ certificate }) => certificate ?? [])
  const stranger = shown.find((one) => !own.includes(identityOf(one)))
  return stranger && `who answers calls itself "${stranger.subject}", as no server does`
}

/** What tells one certificate from another. */
function identityOf({ subject, issuer, expiresMs, names }: CertificateInfo): string {
  return JSON.stringify([subject, issuer, expiresMs, names])
}

function detailOf(contacts: readonly Contact[]): string {
  const details = contacts.map(({ verdict }) =>
    'status' in verdict ? `status ${verdict.status}` : verdict.detail,
  )
  return [...new Set(details)].join('; ')
}

function isListed(word: string): word is keyof typeof FAILURES {
  return Object.hasOwn(FAILURES, word)
}

type ThroughReport = Report<typeof KINDS>
