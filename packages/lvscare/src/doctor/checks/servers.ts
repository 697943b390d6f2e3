import type { DoctorConfig } from '../../config.ts'
import type { DeadReason, Verdict } from '../../health/verdict.ts'
import { shellWord } from '../commands.ts'
import type { Facts, ServerFacts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const THERE = 'On the host of that server:'

const KINDS = {
  'server-ok': { severity: 'ok', meaning: 'It answers its health check.' },
  'server-unauthorized': {
    severity: 'note',
    meaning: 'It lives, but refuses anonymous health checks, so whether it is ready cannot be seen.',
    advice: 'Let anonymous users read the health path, give --health-cert, or accept it.',
  },
  'server-sick': {
    severity: 'warning',
    meaning: 'It answers with an error: a guard gives it no new connections.',
    advice: 'Ask what is wrong; often it is etcd.',
    command: 'curl -k {url}?verbose',
  },
  'server-refused': {
    severity: 'error',
    meaning:
      'Its host is there, but nobody listens on the port: the apiserver does not run, or on another port.',
    advice: `${THERE} \`crictl ps -a --name kube-apiserver\`, then \`crictl logs\` of the last one.`,
  },
  'server-unreachable': {
    severity: 'error',
    meaning: 'There is no way to its host: it is switched off, or the network between is broken.',
    advice: 'Look where the way ends.',
    command: 'ip route get {address}; ping -c 3 {address}',
  },
  'server-timeout': {
    severity: 'error',
    meaning:
      'It gave no whole answer in time: its host is gone, a firewall drops packets, or the apiserver hangs.',
    advice:
      'If this connects but gets no answer, the apiserver hangs; if not, it is the network or the host.',
    command: 'curl -kv --max-time 10 {url}',
  },
  'server-tls': {
    severity: 'error',
    meaning:
      'The TLS handshake failed, or its certificate was not accepted: a guard with these flags takes it for dead.',
    advice:
      'See the findings on its certificate, and --health-ca, --health-server-name and --health-insecure-skip-verify.',
  },
  'server-failed': {
    severity: 'error',
    meaning: 'It closed the connection, or its answer is not HTTP: a guard takes it for dead.',
    advice: 'Is it an apiserver, and are --health-scheme and the port right?',
    command: 'curl -kv {url}',
  },
  'server-unseen': {
    severity: 'note',
    meaning: 'This node lacks something itself, so nothing was learned about the server.',
    advice: 'Mend what is missing, and run the doctor again.',
  },
  'servers-none-healthy': {
    severity: 'error',
    meaning:
      'More likely this node is cut off, or the health check is wrong, than that all apiservers failed at once.',
    advice:
      'Look at the network of this node first, then at --health-path, --health-scheme and the ports of --rs.',
  },
} as const

/** Findings about the servers, asked directly, around the virtual IP. */
export const SERVER_KINDS: Kinds = KINDS

type Code = 'server-refused' | 'server-unreachable' | 'server-timeout' | 'server-tls' | 'server-failed'

const DEAD: Readonly<Record<DeadReason, Code>> = {
  refused: 'server-refused',
  unreachable: 'server-unreachable',
  timeout: 'server-timeout',
  tls: 'server-tls',
  certificate: 'server-tls',
  'certificate-authority': 'server-tls',
  'certificate-expired': 'server-tls',
  'certificate-name': 'server-tls',
  reset: 'server-failed',
  protocol: 'server-failed',
  error: 'server-failed',
}

/** Does each server answer when it is asked directly? */
export function serverFindings({ servers }: Facts, { health }: DoctorConfig): Finding[] {
  const none = servers.length > 0 && servers.every(({ verdict }) => isBad(verdict))
  const report = reporter(KINDS, 'servers')
  const urlOf = (server: string): string => shellWord(`${health.scheme}://${server}${health.path}`)
  return [
    ...(none ? [report('servers-none-healthy', `none of ${servers.length} is healthy`)] : []),
    ...servers.map((one) => serverFinding(one, urlOf(one.server.text))),
  ]
}

function isBad({ outcome }: Verdict): boolean {
  return outcome === 'sick' || outcome === 'dead'
}

function serverFinding({ server, verdict }: ServerFacts, url: string): Finding {
  const report = reporter(KINDS, `server ${server.text}`)
  switch (verdict.outcome) {
    case 'healthy': {
      const message = `status ${verdict.status} after ${verdict.ms} ms`
      return report(verdict.reason === 'unauthorized' ? 'server-unauthorized' : 'server-ok', message)
    }
    case 'sick':
      return report(
        'server-sick',
        `${verdict.reason === 'not-ready' ? 'not ready: ' : ''}status ${verdict.status}`,
        { url },
      )
    case 'dead':
      return report(DEAD[verdict.reason], verdict.detail, { url, address: server.address })
    case 'inconclusive':
      return report('server-unseen', verdict.detail)
    default:
      return verdict satisfies never
  }
}
