import type { DoctorConfig } from '../../config.ts'
import type { Facts, Seen, ServerFacts, ShownCertificate } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const RENEW =
  'On the host of that server: `kubeadm certs renew apiserver`, then restart kube-apiserver (move its ' +
  'manifest away for 20 s, and back).'

const KINDS = {
  'certificate-ok': { severity: 'ok', meaning: 'It is valid, and made out for the virtual IP.' },
  'certificate-expired': {
    severity: 'error',
    meaning: 'Its certificate has ended: no client that looks at certificates talks to it any more.',
    advice: RENEW,
  },
  'certificate-not-yet-valid': {
    severity: 'error',
    meaning:
      'Its certificate begins in the future: the clock of this node, or that of who made it, is wrong.',
    advice: 'Compare the clocks.',
    command: 'timedatectl',
  },
  'certificate-ends-this-week': {
    severity: 'error',
    meaning: 'Its certificate ends within seven days; then no client that looks at certificates talks to it.',
    advice: RENEW,
  },
  'certificate-ends-soon': {
    severity: 'warning',
    meaning:
      'Its certificate ends within thirty days; then no client that looks at certificates talks to it.',
    advice: RENEW,
  },
  'certificate-without-vip': {
    severity: 'error',
    meaning:
      'Its certificate is not made out for the virtual IP, so `kubeadm join`, kubelet and every client ' +
      'that connects to that address refuses it, sometimes only: when this server is chosen.',
    advice:
      'Make it anew, with {vip} among its names: docs/doctor.md, "A certificate without the virtual IP".',
  },
  'certificate-without-server': {
    severity: 'warning',
    meaning:
      'Its certificate is not made out for its own address: it can only be probed with ' +
      '--health-insecure-skip-verify or with --health-server-name.',
    advice: 'Leave the probe so, or add {address} to apiServer.certSANs and renew the certificate.',
  },
  'certificate-unknown-authority': {
    severity: 'error',
    meaning:
      'Its certificate does not come from an authority of --health-ca: a guard with these flags takes it for dead.',
    advice:
      'Give the authority of this cluster, /etc/kubernetes/pki/ca.crt. If that is it, somebody else ' +
      'answers at this address.',
  },
  'certificate-unseen': {
    severity: 'note',
    meaning: 'No TLS handshake came to its end, so nothing is known about the certificate.',
    advice: 'Mend the server first.',
  },
} as const

/** Findings about the certificate that each server shows. */
export const CERTIFICATE_KINDS: Kinds = KINDS

const DAY_MS = 24 * 3600 * 1000

/** Is what each server shows in its TLS handshake still valid, and made out for who asks? */
export function certificateFindings(facts: Facts, config: DoctorConfig): Finding[] {
  return facts.servers.flatMap((one) =>
    one.certificate === undefined ? [] : ofServer(one, one.certificate, facts.nowMs, config),
  )
}

function ofServer(
  { server, verdict }: ServerFacts,
  certificate: Seen<ShownCertificate>,
  nowMs: number,
  config: DoctorConfig,
): Finding[] {
  const report = reporter(KINDS, `server ${server.text}`)
  // Of a dead server that has been said.
  if (!certificate.seen)
    return verdict.outcome === 'dead' ? [] : [report('certificate-unseen', certificate.why)]
  const { value } = certificate
  const { address: vip } = config.virtual
  const wrong = [
    ...timeFindings(value, nowMs, report),
    ...(value.covers.includes(vip) ? [] : [report('certificate-without-vip', namesOf(value), { vip })]),
    ...(value.covers.includes(server.address)
      ? []
      : [report('certificate-without-server', namesOf(value), { address: server.address })]),
    ...(value.distrust === undefined ? [] : [report('certificate-unknown-authority', value.distrust)]),
  ]
  return wrong.length > 0 ? wrong : [report('certificate-ok', `valid until ${dayOf(value.expiresMs)}`)]
}

function timeFindings(
  { beginsMs, expiresMs }: ShownCertificate,
  nowMs: number,
  report: ReturnType<typeof reporter<typeof KINDS>>,
): Finding[] {
  const left = expiresMs - nowMs
  if (beginsMs > nowMs) return [report('certificate-not-yet-valid', `it begins on ${dayOf(beginsMs)}`)]
  if (left <= 0) return [report('certificate-expired', `it ended on ${dayOf(expiresMs)}`)]
  // Neither of them holds for a date that makes no sense.
  if (!(left <= 30 * DAY_MS)) return []
  const code = left < 7 * DAY_MS ? 'certificate-ends-this-week' : 'certificate-ends-soon'
  return [report(code, `it ends on ${dayOf(expiresMs)}, in ${Math.floor(left / DAY_MS)} days`)]
}

function namesOf({ names }: ShownCertificate): string {
  return `it is made out for ${names.length === 0 ? 'nobody' : names.join(', ')}`
}

function dayOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : 'a day that makes no sense'
}
