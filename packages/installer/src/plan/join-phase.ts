import { endpointText, messageOf, parseEndpoint } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'
import type { NodeHost } from '../host/host.ts'
import { RECORD_FILE } from '../node/paths.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { refuse } from './apply.ts'
import { askServer, verdictText } from './health.ts'
import { readObserved } from './observe/file.ts'
import { recordAt } from './observe/record.ts'
import type { PlanOptions } from './options.ts'
import type { Phase } from './record.ts'

/** A node that has joined has kubelet's own kubeconfig; `kubeadm join` refuses to make it again. */
const KUBELET_CONFIG = '/etc/kubernetes/kubelet.conf'

/** What every apiserver answers that works. */
const HEALTH_PATH = '/healthz'

/** How long an apiserver of the node itself has for an answer, in milliseconds. */
const OWN_MS = 5000

/**
 * Has the node joined? Whatever the record says: after `kubeadm reset` a control plane needs the first one again, for nobody listens
 * on itself.
 *
 * kubeadm writes kubelet.conf before a control plane joins etcd. Throws RefusedError (`join-half-done`) where that is all there is: to
 * call it joined would lead the name of the cluster to an apiserver that is not there.
 */
export async function joinPhase(
  host: NodeHost,
  config: InstallerConfig,
  { force = false }: Pick<PlanOptions, 'force'> = {},
): Promise<Phase> {
  if ((await host.stat(KUBELET_CONFIG)) === undefined) return 'before'
  if (config.role !== 'control-plane' || config.nodeAddress === undefined) return 'after'
  const record = recordAt(await readObserved(host, RECORD_FILE))
  if (record.kind === 'record' && record.record.phase === 'after') return 'after'
  const port = config.servers[0]?.port ?? config.virtual.port
  const problem = await ownProblem(host, config, endpointText(config.nodeAddress, port))
  if (problem === undefined) return 'after'
  if (!force) refuse(host.name, [halfDone(problem)])
  return 'before'
}

/** Why the apiserver of the node itself is not healthy; `undefined`: it is. */
async function ownProblem(host: NodeHost, config: InstallerConfig, own: string): Promise<string | undefined> {
  const question = { path: HEALTH_PATH, timeoutMs: OWN_MS, signal: new AbortController().signal }
  try {
    const { verdict } = await askServer(host, config, parseEndpoint(own), question)
    return verdict.outcome === 'healthy' ? undefined : `${own}: ${verdictText(verdict)}`
  } catch (error) {
    return `${own}: ${messageOf(error)}`
  }
}

function halfDone(problem: string): InstallerFinding {
  return {
    code: 'join-half-done',
    severity: 'error',
    path: KUBELET_CONFIG,
    message: `${KUBELET_CONFIG} is there, and no healthy apiserver of this control plane (${problem}): a kubeadm join has ended half-way`,
    fix: 'run kubeadm reset on the node and join again; where its apiserver is only down, start it first',
  }
}
