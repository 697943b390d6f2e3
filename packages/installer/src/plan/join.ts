import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { CommandError, ConfigError } from '../errors.ts'
import type { NodeHost } from '../host/host.ts'
import { joinEndpoint, preflightIgnores } from '../kubeadm/join.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { apply } from './apply.ts'
import { guardDiffers } from './observe/rule.ts'
import { type PlanOptions, timingOf } from './options.ts'
import { plan } from './plan.ts'
import type { ApplyOptions, ApplyResult } from './step.ts'
import { verify } from './verify.ts'
import { waitUntil } from './wait.ts'

/** How a node joins its cluster, and what the cluster hands out for that. */
export interface NodeJoinOptions
  extends Omit<PlanOptions, 'phase'>,
    Pick<ApplyOptions, 'signal' | 'onEvent'> {
  /** Bootstrap token, `abcdef.0123456789abcdef`. */
  readonly token: string
  /** Pins of the cluster's authorities, `sha256:` and 64 hex digits; one at least. */
  readonly caCertHashes: readonly string[]
  /** Key of the uploaded certificates; for control planes. */
  readonly certificateKey?: string
  /** Where to join, ADDRESS:PORT. @default the virtual server for a worker, the first server for a control plane */
  readonly endpoint?: string
  /** What runs kubeadm on the node. @default ['kubeadm'] */
  readonly kubeadm?: readonly string[]
  /** More flags of `kubeadm join`. */
  readonly extraArgs?: readonly string[]
  /** Gets what kubeadm prints, as it comes. */
  readonly onOutput?: (text: string) => void
}

/** How a join went. */
export interface JoinResult {
  /** The node is set up and has joined. */
  readonly ok: boolean
  /** What was done before; when it failed it was taken back, and kubeadm was not run. */
  readonly before: ApplyResult
  /** `already`: the node had joined before, and kubeadm was not run again. */
  readonly kubeadm: 'not-run' | 'done' | 'already' | 'failed'
  /** Why kubeadm failed. What was set up before stays: kubeadm can be run again, and uninstall takes it back. */
  readonly error: unknown
  /** What was done afterwards, such as the other address in /etc/hosts of a control plane. */
  readonly after: ApplyResult | undefined
  /** What is not as it must be in the end; nothing is looked at unless kubeadm was done. */
  readonly findings: readonly InstallerFinding[]
}

/** A node has joined when kubelet has its own kubeconfig; `kubeadm join` refuses to make it again. */
const KUBELET_CONFIG = '/etc/kubernetes/kubelet.conf'

/**
 * Sets a node up, runs `kubeadm join`, and looks whether the guard has taken over.
 *
 * Throws RefusedError as `apply` does, and {@link ConfigError} where it is not known where to join; then nothing was changed. All
 * that fails later is in the result. A second call does what the first one could not.
 */
export async function join(
  config: InstallerConfig,
  host: NodeHost,
  options: NodeJoinOptions,
): Promise<JoinResult> {
  const argv = joinCommand(config, options)
  const before = await apply(await plan(config, host, options), options)
  const result: JoinResult = {
    ok: false,
    before,
    kubeadm: 'not-run',
    error: before.failed?.error,
    after: undefined,
    findings: [],
  }
  if (!before.ok) return result
  const kubeadm = await runKubeadm(host, argv, options)
  if (kubeadm.error !== undefined) return { ...result, ...kubeadm }
  return { ...result, ...kubeadm, ...(await finish(config, host, options)) }
}

/** What is left once the node has joined; whatever fails now must not hide that it has. */
async function finish(
  config: InstallerConfig,
  host: NodeHost,
  options: NodeJoinOptions,
): Promise<Pick<JoinResult, 'ok' | 'error' | 'after' | 'findings'>> {
  const joined = { ...options, phase: 'after' } as const
  let after: ApplyResult | undefined
  try {
    after = await apply(await plan(config, host, joined), options)
    if (after.ok) await awaitGuard(config, host, options)
    const findings = await verify(config, host, joined)
    return { ok: after.ok, error: after.failed?.error, after, findings }
  } catch (error) {
    return { ok: false, error, after, findings: [] }
  }
}

/** The words of `kubeadm join` for a node; throws {@link ConfigError} where it is not known where to join. */
export function joinCommand(config: InstallerConfig, options: NodeJoinOptions): readonly string[] {
  const { token, caCertHashes, certificateKey, kubeadm = ['kubeadm'], extraArgs = [] } = options
  const version = config.kubernetesVersion
  const ignores = version === undefined ? [] : preflightIgnores(config, version)
  return [
    ...kubeadm,
    'join',
    endpointOf(config, options),
    '--token',
    token,
    ...caCertHashes.flatMap((hash) => ['--discovery-token-ca-cert-hash', hash]),
    ...(config.role === 'worker' ? [] : ['--control-plane']),
    ...(certificateKey === undefined ? [] : ['--certificate-key', certificateKey]),
    ...(ignores.length === 0 ? [] : [`--ignore-preflight-errors=${ignores.join(',')}`]),
    ...extraArgs,
  ]
}

function endpointOf(config: InstallerConfig, { endpoint = joinEndpoint(config) }: NodeJoinOptions): string {
  if (endpoint !== undefined) return endpoint
  const rule = 'must have a server, or the join must have an endpoint'
  throw new ConfigError([{ path: 'servers', value: [], rule }])
}

async function runKubeadm(
  host: NodeHost,
  argv: readonly string[],
  options: NodeJoinOptions,
): Promise<Pick<JoinResult, 'kubeadm' | 'error'>> {
  if ((await host.stat(KUBELET_CONFIG)) !== undefined) return { kubeadm: 'already', error: undefined }
  const { signal, onOutput } = options
  try {
    const { code, stderr } = await host.exec(argv, {
      ...(signal && { signal }),
      ...(onOutput && { onOutput }),
    })
    if (code === 0) return { kubeadm: 'done', error: undefined }
    const ended = code === undefined ? 'a signal' : `code ${code}`
    throw new CommandError(
      host.name,
      withoutSecrets(argv, options),
      ended,
      withoutSecrets([stderr], options).join(''),
    )
  } catch (error) {
    return { kubeadm: 'failed', error }
  }
}

/** What is shown to people and written into logs has no token. */
function withoutSecrets(
  words: readonly string[],
  { token, certificateKey }: NodeJoinOptions,
): readonly string[] {
  const secrets = [token, certificateKey].filter((secret) => secret !== undefined && secret !== '')
  return words.map((word) =>
    secrets.reduce<string>((text, secret) => text.replaceAll(secret ?? '', '***'), word),
  )
}

/** kubelet has only just begun: what is still missing after this time, `verify` says. */
async function awaitGuard(config: InstallerConfig, host: NodeHost, options: NodeJoinOptions): Promise<void> {
  if (!isGuarded(config)) return
  const { guardTimeoutMs, pollMs } = timingOf(options)
  const signal = options.signal ?? new AbortController().signal
  const look = async (): Promise<string | undefined> =>
    guardDiffers(await host.rule.observe(config.virtual), config)
  await waitUntil(look, { limitMs: guardTimeoutMs, pollMs, signal })
}
