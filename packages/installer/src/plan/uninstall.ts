import type { NodeHost } from '../host/host.ts'
import { HOSTS_FILE, MANIFESTS, RECORD_FILE, STATE_DIRECTORY } from '../node/paths.ts'
import { apply, type PersistentPlan } from './apply.ts'
import { isOurs } from './findings.ts'
import { makePlan } from './make-plan.ts'
import { type Installed, observeInstalled, type UninstallTarget } from './observe/installed.ts'
import { hasGuard } from './observe/rule.ts'
import type { ApplyOptions, ApplyResult, PlanStep } from './step.ts'
import { removeDirectoryStep } from './steps/directory.ts'
import { ancestorsOf, fileStep } from './steps/file.ts'
import { goneStep } from './steps/guard.ts'
import { hostsSteps } from './steps/hosts.ts'
import { removeImageStep } from './steps/image.ts'
import { recordStep } from './steps/record.ts'
import { cleanRuleStep } from './steps/rule.ts'
import { unitStep } from './steps/unit.ts'
import { kindOf } from './wanted.ts'

/** What is taken back, and how long is waited. */
export interface UninstallOptions extends UninstallTarget {
  /** Leaves our lines in /etc/hosts. @default false */
  readonly keepHosts?: boolean
  /** How long kubelet may take to stop the guard, in milliseconds. @default 60000 */
  readonly guardTimeoutMs?: number
  /** Pause between two looks at the guard, in milliseconds. @default 500 */
  readonly pollMs?: number
}

/**
 * What is to be done for nothing of ours to be left on a node.
 *
 * What was set up is read from the record, else from the manifest of a guard; without both the virtual server may be given.
 * Files that somebody else has put at our paths stay. Modules stay loaded and settings of the kernel set
 * (docs/decisions/0010), for nobody knows who else needs them.
 */
export async function planUninstall(host: NodeHost, options: UninstallOptions = {}): Promise<PersistentPlan> {
  const found = await observeInstalled(host, options)
  const steps = [
    ...fileSteps(host, found, 'manifest'),
    ...ruleSteps(host, found, options),
    ...fileSteps(host, found, 'unit'),
    ...(options.keepHosts === true ? [] : hostsSteps(host, found.files.get(HOSTS_FILE), [])),
    ...fileSteps(host, found, 'file'),
    ...found.images.map((image) => removeImageStep(host, image)),
    ...directorySteps(host, found),
    ...recordSteps(host, found),
  ]
  return { ...makePlan(host.name, steps, found.findings), onFailure: 'continue' }
}

/**
 * Takes everything back. A step that fails stops no other one: what could not be done is in the result, and the record stays, so
 * that a second call does the rest.
 */
export async function uninstall(
  host: NodeHost,
  options: UninstallOptions & ApplyOptions = {},
): Promise<ApplyResult> {
  return await apply(await planUninstall(host, options), options)
}

function fileSteps(
  host: NodeHost,
  { files, unitEnabled }: Installed,
  kind: ReturnType<typeof kindOf>,
): readonly PlanStep[] {
  return [...files]
    .filter(([path, file]) => isOwnPath(path) && kindOf(path) === kind && isOurs(path, file))
    .map(([path, before]) => {
      const change = { kind, path, before, after: undefined }
      return kind === 'unit' ? unitStep(host, change, unitEnabled) : fileStep(host, change)
    })
}

function isOwnPath(path: string): boolean {
  return path !== HOSTS_FILE && path !== RECORD_FILE
}

/** The guard goes before its rule, which it would set again. */
function ruleSteps(
  host: NodeHost,
  { ruled, rules }: Installed,
  { guardTimeoutMs = 60_000, pollMs = 500 }: UninstallOptions,
): readonly PlanStep[] {
  const gone = ruled.filter(({ virtual }) => hasGuard(rules.get(virtual.text)))
  return [
    ...gone.map((config) => goneStep(host, config, { limitMs: guardTimeoutMs, pollMs })),
    ...ruled.map((config) => cleanRuleStep(host, config, rules.get(config.virtual.text))),
  ]
}

/** The directories above the record, which stays to the end. */
const ABOVE_RECORD: readonly string[] = ancestorsOf(STATE_DIRECTORY)

/** Only what was made, and only where nothing else is in it; those inside go first. */
function directorySteps(host: NodeHost, { directories }: Installed): readonly PlanStep[] {
  return directories
    .filter((path) => !ABOVE_RECORD.includes(path))
    .toReversed()
    .map((path) => removeDirectoryStep(host, path, path === MANIFESTS ? 0o700 : 0o755))
}

function recordSteps(host: NodeHost, { files, directories, hasEmptyState }: Installed): readonly PlanStep[] {
  const before = files.get(RECORD_FILE)
  const made = directories.filter((path) => ABOVE_RECORD.includes(path))
  if (before?.kind === 'file') return [recordStep(host, RECORD_FILE, { before, after: undefined }, made)]
  return hasEmptyState ? [removeDirectoryStep(host, STATE_DIRECTORY, 0o755)] : []
}
