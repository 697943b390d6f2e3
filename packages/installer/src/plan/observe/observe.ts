import type { StatusReport } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../../config/config.ts'
import type { NodeHost } from '../../host/host.ts'
import { buildNodeFiles } from '../../node/files.ts'
import { modulesOf, settingsOf } from '../../node/kernel.ts'
import { HOSTS_FILE, RECORD_FILE, STATE_DIRECTORY } from '../../node/paths.ts'
import type { NodeFacts } from '../../validate/facts.ts'
import type { PlanOptions } from '../options.ts'
import type { RecordReading } from '../record.ts'
import { lookThrough } from '../steps/check.ts'
import { ancestorsOf } from '../steps/file.ts'
import { isUnitEnabled } from '../steps/unit.ts'
import { ownPaths } from '../wanted.ts'
import { observeFacts } from './facts.ts'
import { type ObservedFile, readAll, readObserved } from './file.ts'
import { hasImage } from './image.ts'
import { type KernelState, observeKernel } from './kernel.ts'
import { recordAt } from './record.ts'
import { hasGuard, isExact } from './rule.ts'

/** Everything that was found on a node. */
export interface NodeState {
  readonly record: RecordReading
  /** What there is at our paths, those of former configurations among them, and at those of hosts and record. */
  readonly files: ReadonlyMap<string, ObservedFile>
  /** Directories that our files need and that are missing, those above before those in them. */
  readonly missingDirectories: readonly string[]
  /** The same above the directory of the record. */
  readonly missingAbove: readonly string[]
  readonly kernel: KernelState
  /** Is the image of the guard there? `undefined`: not known. */
  readonly image: boolean | undefined
  readonly unitEnabled: boolean
  /** Does somebody answer through the virtual IP? Asked only where everything else is right, and nobody guards it. */
  readonly answers: boolean | undefined
  /** What guard or kernel say, by the text of each virtual server that we have or had; without those that have nothing. */
  readonly rules: ReadonlyMap<string, StatusReport>
  readonly facts: NodeFacts
}

/** Of a node that needs nothing of it. */
const NO_KERNEL: KernelState = { modules: undefined, loadable: new Set(), settings: new Map() }

/** Looks at a node, and changes nothing. Without a configuration at what the record tells of. */
export async function observe(
  host: NodeHost,
  config?: InstallerConfig,
  options: PlanOptions = {},
): Promise<NodeState> {
  const recordFile = await readObserved(host, RECORD_FILE)
  const record = recordAt(recordFile)
  const current = config ?? (record.kind === 'record' ? record.config : undefined)
  const configs = [...new Set([...(current === undefined ? [] : [current]), ...recordedConfigs(record)])]
  const own = current === undefined ? [] : buildNodeFiles(current)
  const isToRun = current !== undefined && isGuarded(current)
  const [files, missingAbove, missingDirectories, kernel, image, unitEnabled, rules, facts] =
    await Promise.all([
      readAll(host, [RECORD_FILE, HOSTS_FILE, ...ownPaths(configs)]),
      missingAmong(host, ancestorsOf(STATE_DIRECTORY)),
      missingAmong(
        host,
        own.flatMap(({ path }) => ancestorsOf(path)),
      ),
      isToRun ? observeKernel(host, modulesOf(current), settingsOf(current)) : NO_KERNEL,
      isToRun ? hasImage(host, current.image) : undefined,
      isUnitEnabled(host),
      observeRules(host, configs.filter(isGuarded)),
      current === undefined ? {} : observeFacts(host, current),
    ])
  const answers = isToRun ? await answersOf(host, current, rules, options) : undefined
  return {
    record,
    files,
    missingAbove,
    missingDirectories,
    kernel,
    image,
    unitEnabled,
    answers,
    rules,
    facts,
  }
}

/**
 * A rule that is right may still lead nowhere: the kernel does not say whether the way to the virtual IP is there. A guard
 * does.
 */
async function answersOf(
  host: NodeHost,
  config: InstallerConfig,
  rules: NodeState['rules'],
  { skipCheck = false }: PlanOptions,
): Promise<boolean | undefined> {
  const report = rules.get(config.virtual.text)
  if (skipCheck || hasGuard(report) || !isExact(report, config)) return undefined
  const look = { limitMs: LOOK_MS, pollMs: LOOK_MS / 10, signal: new AbortController().signal }
  return (await lookThrough(host, config, look)) === undefined
}

/** Several servers have their turn in this time, in milliseconds. */
const LOOK_MS = 2000

/** What a node was set up with, the last one first. */
export function recordedConfigs(record: RecordReading): readonly InstallerConfig[] {
  return record.kind === 'record' ? [record.config, ...record.former] : []
}

async function missingAmong(host: NodeHost, paths: readonly string[]): Promise<readonly string[]> {
  const unique = [...new Set(paths)]
  const stats = await Promise.all(unique.map(async (path) => await host.stat(path)))
  return unique.filter((_, index) => stats[index] === undefined)
}

/** The report of each virtual server, where there is one. */
export async function observeRules(
  host: NodeHost,
  configs: readonly Pick<InstallerConfig, 'virtual'>[],
): Promise<ReadonlyMap<string, StatusReport>> {
  const virtuals = new Map(configs.map(({ virtual }) => [virtual.text, virtual]))
  const reports = await Promise.all(
    [...virtuals.values()].map(async (virtual) => [virtual.text, await host.rule.observe(virtual)] as const),
  )
  return new Map(reports.flatMap(([text, report]) => (report === undefined ? [] : [[text, report]])))
}
