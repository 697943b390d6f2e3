import type { StatusReport } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../../config/config.ts'
import { DEFAULTS, parseConfig, type RawConfig } from '../../config/parse.ts'
import type { NodeHost } from '../../host/host.ts'
import { hostsOf } from '../../hosts/block.ts'
import { blockName } from '../../hosts/read.ts'
import {
  HOSTS_FILE,
  isWrittenByUs,
  MANIFESTS,
  RECORD_FILE,
  STATE_DIRECTORY,
  UNIT_FILE,
} from '../../node/paths.ts'
import { LABELS } from '../../pod/hardened.ts'
import { readStaticPod, type StaticPodReading } from '../../pod/read.ts'
import type { InstallerFinding } from '../../validate/finding.ts'
import { uninstallFindings } from '../findings.ts'
import type { InstallerRecord, RecordReading } from '../record.ts'
import { isUnitEnabled } from '../steps/unit.ts'
import { ownPaths } from '../wanted.ts'
import { unlessUnknown } from './ask.ts'
import { type ObservedFile, readAll, readObserved } from './file.ts'
import { manifestNames } from './manifests.ts'
import { observeRules, recordedConfigs } from './observe.ts'
import { recordAt } from './record.ts'

/** What to take for installed where neither record nor manifest tell. */
export interface UninstallTarget {
  /** The virtual server and whatever else is known, such as `{ vip: '10.103.97.2' }`. */
  readonly config?: RawConfig
}

/** What of ours is on a node. */
export interface Installed {
  /** What it was set up with, the last one first. */
  readonly configs: readonly InstallerConfig[]
  /** Those that may have left a rule, one for each virtual server. */
  readonly ruled: readonly InstallerConfig[]
  readonly files: ReadonlyMap<string, ObservedFile>
  readonly rules: ReadonlyMap<string, StatusReport>
  readonly unitEnabled: boolean
  /** Made by us and still there, those above before those in them. */
  readonly directories: readonly string[]
  /** The directory of the record is there with nothing in it: what is left when this ended in the middle. */
  readonly hasEmptyState: boolean
  /** Imported by us. */
  readonly images: readonly string[]
  readonly findings: readonly InstallerFinding[]
}

/** Looks for everything that may be ours. */
export async function observeInstalled(host: NodeHost, target: UninstallTarget = {}): Promise<Installed> {
  const file = await readObserved(host, RECORD_FILE)
  const record = recordAt(file)
  const known = record.kind === 'record' ? record.record : undefined
  const configs = await configsOf(host, record, target)
  // Who is told of a virtual server alone does not know what was there; the record does.
  const mayRule = known === undefined ? configs : configs.filter(isGuarded)
  const ruled = [...new Map(mayRule.toReversed().map((one) => [one.virtual.text, one])).values()].reverse()
  const [files, rules, unitEnabled, directories, state] = await Promise.all([
    readAll(host, [RECORD_FILE, HOSTS_FILE, ...ownPaths(configs)]),
    knownRules(host, ruled),
    isUnitEnabled(host),
    directoriesOf(host, known),
    host.list(STATE_DIRECTORY),
  ])
  return {
    configs,
    ruled,
    files,
    rules,
    unitEnabled,
    directories,
    hasEmptyState: state?.length === 0,
    images: known?.images ?? [],
    findings: uninstallFindings({ record, files }),
  }
}

/** Where nobody can tell, such as without the program lvscare, everything else is taken back all the same. */
async function knownRules(host: NodeHost, configs: readonly InstallerConfig[]): Promise<Installed['rules']> {
  const known = await unlessUnknown(() => observeRules(host, configs))
  return known ?? new Map()
}

/** What the record says, else the manifest, else the caller. */
async function configsOf(
  host: NodeHost,
  record: RecordReading,
  { config }: UninstallTarget,
): Promise<readonly InstallerConfig[]> {
  const recorded = recordedConfigs(record)
  if (recorded.length > 0) return recorded
  const given = config === undefined ? undefined : parseConfig(config)
  const read = await manifestConfigs(host, given?.podName ?? DEFAULTS.podName)
  return [...read, ...(given === undefined ? [] : [given])]
}

/** The guards whose manifests are ours: by their name, or by the label of those who manage them. */
async function manifestConfigs(host: NodeHost, podName: string): Promise<readonly InstallerConfig[]> {
  const names = await manifestNames(host)
  const readings = await Promise.all(
    names.map(async (name) => {
      const file = await readObserved(host, `${MANIFESTS}/${name}`)
      const reading = file?.kind === 'file' ? readStaticPod(file.content.toString()) : undefined
      return reading !== undefined && isManagedByUs(name, reading, podName) ? reading : undefined
    }),
  )
  const more = await besideManifest(host)
  const configs = await Promise.all(
    readings.map(async (reading) =>
      reading?.foreign === false
        ? ((await unlessUnknown(() => parseConfig({ ...reading.config, ...more }))) ??
          (await unlessUnknown(() => parseConfig(reading.config))))
        : undefined,
    ),
  )
  return configs.filter((config) => config !== undefined)
}

/** What a manifest does not say and other traces do: taken for the default, it would be changed to that. */
async function besideManifest(host: NodeHost): Promise<Pick<RawConfig, 'endpointName' | 'bootUnit'>> {
  const [hosts, unit] = await Promise.all([readObserved(host, HOSTS_FILE), readObserved(host, UNIT_FILE)])
  const endpointName = blockName(hostsOf(hosts?.content ?? Buffer.alloc(0)))
  return {
    ...(endpointName === undefined ? {} : { endpointName }),
    bootUnit: unit !== undefined && isWrittenByUs(unit.content.toString()),
  }
}

function isManagedByUs(file: string, reading: StaticPodReading, podName: string): boolean {
  if (reading.foreign) return false
  const { name, labels } = reading.pod.metadata ?? {}
  const key = 'app.kubernetes.io/managed-by'
  return file === `${name}.yaml` && (name === podName || labels?.[key] === LABELS[key])
}

async function directoriesOf(
  host: NodeHost,
  record: InstallerRecord | undefined,
): Promise<readonly string[]> {
  const paths = record?.directories ?? []
  const stats = await Promise.all(paths.map(async (path) => await host.stat(path)))
  return paths.filter((_, index) => stats[index]?.kind === 'directory')
}
