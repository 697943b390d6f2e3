import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { CommandError, ConfigError } from '../errors.ts'
import type { NodeHost } from '../host/host.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { apply } from './apply.ts'
import { joinCommand, joinProblemsOf, type NodeJoinOptions } from './join-command.ts'
import { joinPhase } from './join-phase.ts'
import { guardDiffers } from './observe/rule.ts'
import { timingOf } from './options.ts'
import { plan } from './plan.ts'
import type { ApplyResult } from './step.ts'
import { verify } from './verify.ts'
import { waitUntil } from './wait.ts'

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

/**
 * Sets a node up, runs `kubeadm join`, and looks whether the guard has taken over.
 *
 * Throws RefusedError as `apply` does and where a control plane has joined half-way, and {@link ConfigError} for a join that cannot
 * work; then nothing was changed. All that fails later is in the result. A second call does what the first one could not, also after
 * `kubeadm reset`.
 */
export async function join(
  config: InstallerConfig,
  host: NodeHost,
  options: NodeJoinOptions,
): Promise<JoinResult> {
  const problems = joinProblemsOf(config, options)
  if (problems.length > 0) throw new ConfigError(problems)
  const argv = joinCommand(config, options)
  const phase = await joinPhase(host, config, options)
  const before = await apply(await plan(config, host, { ...options, phase }), options)
  const result: JoinResult = {
    ok: false,
    before,
    kubeadm: 'not-run',
    error: before.failed?.error,
    after: undefined,
    findings: [],
  }
  if (!before.ok) return result
  const kubeadm =
    phase === 'after'
      ? { kubeadm: 'already' as const, error: undefined }
      : await runKubeadm(host, argv, options)
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

async function runKubeadm(
  host: NodeHost,
  argv: readonly string[],
  options: NodeJoinOptions,
): Promise<Pick<JoinResult, 'kubeadm' | 'error'>> {
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
