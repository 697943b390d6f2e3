import type { StatusReport } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import type { NodeHost } from '../host/host.ts'
import { manifestPath } from '../node/paths.ts'
import { FINDING_SEVERITIES, type InstallerFinding } from '../validate/finding.ts'
import { type FindingKinds, reporter } from '../validate/report.ts'
import { type PlanContext, reportOf } from './context.ts'
import { absentOf, guardDiffers, hasGuard, strangersOf } from './observe/rule.ts'
import type { PlanOptions } from './options.ts'
import { contextOf, planOf } from './plan.ts'
import type { PlanStep } from './step.ts'
import { lookThrough } from './steps/check.ts'
import { type Waiting, waitUntil } from './wait.ts'

const APPLY = 'Apply the configuration.'

const KINDS = {
  'not-applied': {
    severity: 'warning',
    why: 'the node is not as its configuration says',
    fix: APPLY,
  },
  'manifest-missing': {
    severity: 'error',
    why: 'kubelet runs no guard, and nobody mends the rule',
    fix: APPLY,
  },
  'manifest-differs': {
    severity: 'error',
    why: 'kubelet runs a guard with another configuration, or none at all',
    fix: APPLY,
  },
  'guard-missing': {
    severity: 'warning',
    why: 'nobody takes a server out of the rule that goes down, or mends the rule',
    fix: 'Before the node has joined nothing is to be done: kubelet will start it. Afterwards look at what kubelet says about the pod (`journalctl -u kubelet`, `crictl ps -a`).',
  },
  'guard-differs': {
    severity: 'error',
    why: 'kubelet has not started it again after the last change, or somebody else has started it',
    fix: 'Apply the configuration; stop a guard that is not the static pod.',
  },
  'guard-unready': {
    severity: 'error',
    why: 'a part of the way to the servers is broken, and the guard cannot mend it',
    fix: 'Run `lvscare doctor` on the node.',
  },
  'rule-missing': {
    severity: 'error',
    why: 'nothing leads from the virtual IP to a server',
    fix: APPLY,
  },
  'rule-server-foreign': {
    severity: 'error',
    why: 'connections go to a server that nobody has configured',
    fix: 'Apply the configuration, and look who else writes the rule (`lvscare doctor`).',
  },
  'rule-server-missing': {
    severity: 'warning',
    why: 'no connection goes there; the guard takes a server out while it is down',
    fix: 'See what the guard says about it: `lvscare status`.',
  },
  'vip-unhealthy': {
    severity: 'error',
    why: 'kubelet and kube-proxy of this node cannot reach the apiserver',
    fix: 'Run `lvscare doctor` on the node.',
  },
} as const

/** Findings of {@link verify}. */
export const VERIFY_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** How long the servers and the guard have to answer, in milliseconds. */
const ANSWER_MS = 10_000

/** How a node is compared. */
export type VerifyOptions = Pick<PlanOptions, 'phase' | 'skipCheck' | 'checkTimeoutMs' | 'pollMs'> & {
  readonly signal?: AbortSignal
}

/**
 * Compares a node with its configuration: files, hosts, manifest, guard, rule, and whether a healthy server answers through
 * the virtual IP. Changes nothing; the worst first, nothing when all is well.
 */
export async function verify(
  config: InstallerConfig,
  host: NodeHost,
  options: VerifyOptions = {},
): Promise<readonly InstallerFinding[]> {
  const context = await patientContext(config, host, options)
  const found = [
    ...planOf(context).steps.flatMap((step) => stepFindings(step, context)),
    ...(isGuarded(config) ? ruleFindings(context) : []),
    ...(isGuarded(config) && options.skipCheck !== true ? await throughFindings(context, options) : []),
  ]
  const rank = ({ severity }: InstallerFinding): number => FINDING_SEVERITIES.indexOf(severity)
  return found.toSorted((a, b) => rank(b) - rank(a))
}

/** A guard that has only just been started, on a node that is busy, may once be late with its answer; one that hangs stays silent. */
async function patientContext(
  config: InstallerConfig,
  host: NodeHost,
  options: VerifyOptions,
): Promise<PlanContext> {
  const look = async (): Promise<PlanContext> =>
    await contextOf(config, host, { ...options, skipCheck: true })
  let context = await look()
  const silence = async (): Promise<string | undefined> => {
    const errorOf = (): string | undefined => reportOf(context, config.virtual.text)?.guardError ?? undefined
    if (errorOf() !== undefined) context = await look()
    return errorOf()
  }
  await waitUntil(silence, waitingOf(options))
  return context
}

function waitingOf({ checkTimeoutMs = ANSWER_MS, pollMs = 500, signal }: VerifyOptions): Waiting {
  return { limitMs: checkTimeoutMs, pollMs, signal: signal ?? new AbortController().signal }
}

/** What would have to be done; about rule and guard there is more to say. */
function stepFindings(step: PlanStep, { config }: PlanContext): readonly InstallerFinding[] {
  const { kind, id, title, before } = step
  if (kind === 'guard' || id === `rule ${config.virtual.text}`) return []
  if (id !== `manifest ${manifestPath(config)}`) return [report('not-applied', id, `to be done: ${title}`)]
  const path = manifestPath(config)
  return before === undefined
    ? [report('manifest-missing', path, `there is no ${path}`)]
    : [report('manifest-differs', path, `${path} is not as the configuration says`)]
}

function ruleFindings(context: PlanContext): readonly InstallerFinding[] {
  const { config } = context
  const { text } = config.virtual
  const found = reportOf(context, text)
  if (found === undefined || found.scheduler === null)
    return [report('rule-missing', text, `there is no rule of ${text}`), ...guardFindings(found, config)]
  const foreign = strangersOf(found, config.servers)
  const absent = absentOf(found, config.servers)
  return [
    ...foreign.map((server) => report('rule-server-foreign', text, `${server} is in the rule of ${text}`)),
    ...absent.map((server) =>
      report('rule-server-missing', text, `${server} is not in the rule of ${text}${stateOf(found, server)}`),
    ),
    ...guardFindings(found, config),
  ]
}

function guardFindings(
  found: StatusReport | undefined,
  config: InstallerConfig,
): readonly InstallerFinding[] {
  const { text } = config.virtual
  if (!hasGuard(found)) return [report('guard-missing', text, `no guard of ${text} runs`)]
  const differs = guardDiffers(found, config)
  // Strangers in the rule have been told.
  const isOfGuard = differs !== undefined && strangersOf(found, config.servers).length === 0
  const broken = (found?.path ?? []).filter(({ ok }) => !ok)
  return [
    ...(isOfGuard ? [report('guard-differs', text, differs)] : []),
    ...broken.map(({ piece, error }) =>
      report('guard-unready', text, `${piece}: ${error ?? 'not as it must be'}`),
    ),
  ]
}

function stateOf({ servers }: StatusReport, server: string): string {
  const state = servers.find((one) => one.server === server)?.state
  return state == null ? '' : ` (${state})`
}

async function throughFindings(
  { config, host }: PlanContext,
  options: VerifyOptions,
): Promise<readonly InstallerFinding[]> {
  const problem = await lookThrough(host, config, waitingOf(options))
  return problem === undefined ? [] : [report('vip-unhealthy', config.virtual.text, problem)]
}
