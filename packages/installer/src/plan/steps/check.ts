import { messageOf } from 'lvscare'
import type { InstallerConfig } from '../../config/config.ts'
import { CheckError } from '../../errors.ts'
import type { Contact } from '../../host/contact.ts'
import type { NodeHost } from '../../host/host.ts'
import { serverFindings } from '../../validate/servers.ts'
import { type Answer, askServer, healthText, serversHealth, verdictText } from '../health.ts'
import type { PlanStep } from '../step.ts'
import { waitUntil } from '../wait.ts'
import type { Patience } from './guard.ts'

/** Load balancers are to ask this one. */
const READY_PATH = '/readyz'

/** Looks whether a healthy server answers through the virtual IP, with a certificate that kubeadm and kubelet will accept. */
export function throughStep(host: NodeHost, config: InstallerConfig, patience: Patience): PlanStep {
  const { virtual } = config
  return {
    id: `check ${virtual.text}`,
    kind: 'check',
    title: `see whether a healthy server answers through ${virtual.text}`,
    before: undefined,
    after: undefined,
    reversible: false,
    run: async (signal) => {
      const problem = await lookThrough(host, config, { ...patience, signal })
      if (problem !== undefined) throw new CheckError(`${host.name}: ${problem}`)
    },
  }
}

/** Looks whether one of the servers at least is healthy, before a rule that works is replaced. */
export function serversStep(host: NodeHost, config: InstallerConfig, { limitMs }: Patience): PlanStep {
  return {
    id: 'check servers',
    kind: 'check',
    title: `see whether one of ${config.servers.map(({ text }) => text).join(', ')} is healthy`,
    before: undefined,
    after: undefined,
    reversible: false,
    run: async (signal) => {
      const servers = await serversHealth(host, config, { timeoutMs: limitMs, signal })
      if (servers.some(({ healthy }) => healthy)) return
      throw new CheckError(
        `${host.name}: none of the new servers is healthy from here: ${healthText(servers)}`,
      )
    },
  }
}

/** What is wrong with the way through the virtual IP, in words; `undefined`: nothing. */
export async function lookThrough(
  host: NodeHost,
  config: InstallerConfig,
  waiting: Patience & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { virtual } = config
  let wrong: string | undefined
  const missing = await waitUntil(async () => {
    try {
      const answer = await askReady(host, config, waiting)
      if (answer.verdict.outcome !== 'healthy') return `it answers with ${verdictText(answer.verdict)}`
      // Another try would not change a certificate.
      wrong = answer.tls && certificateProblem(answer.tls, config)
      return undefined
    } catch (error) {
      waiting.signal.throwIfAborted()
      return messageOf(error)
    }
  }, waiting)
  if (missing === undefined) return wrong
  const seconds = Math.round(waiting.limitMs / 1000)
  return `no healthy server answers through ${virtual.text} within ${seconds} s: ${missing}`
}

/** Releases before 1.16 have no /readyz; they have what the guard asks for. */
async function askReady(
  host: NodeHost,
  config: InstallerConfig,
  { limitMs, signal }: Patience & { readonly signal: AbortSignal },
): Promise<Answer> {
  const ask = async (path: string): Promise<Answer> =>
    await askServer(host, config, config.virtual, { path, timeoutMs: limitMs, signal })
  const answer = await ask(READY_PATH)
  const isUnknown = 'status' in answer.verdict && answer.verdict.status === 404
  return isUnknown ? await ask(config.guard.care?.health.path ?? '/healthz') : answer
}

/** What of a certificate kubeadm and kubelet would refuse. */
function certificateProblem(
  { certificate, authorized, authorizationError }: Contact,
  config: InstallerConfig,
): string | undefined {
  const missing = serverFindings(config, { certificateNames: certificate.names }).find(
    ({ severity }) => severity === 'error',
  )
  if (missing !== undefined) return `${missing.message}: ${missing.fix}`
  if (config.ca === undefined || authorized) return undefined
  return (
    `the certificate of the server behind ${config.virtual.text} is not from the authority of this cluster ` +
    `(${authorizationError}): another cluster answers there, or "ca" is of another one`
  )
}
