import { messageOf, publicFlags, type StatusReport } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'
import { type RawConfig, rawConfig } from '../config/parse.ts'
import { rawFlags } from '../config/raw-config.ts'
import type { NodeHost } from '../host/host.ts'
import { hostsOf } from '../hosts/block.ts'
import { blockLines } from '../hosts/read.ts'
import { HOSTS_FILE, RECORD_FILE } from '../node/paths.ts'
import { isOurs } from './findings.ts'
import { observeInstalled } from './observe/installed.ts'
import { recordAt } from './observe/record.ts'
import { plan } from './plan.ts'
import type { Phase } from './record.ts'
import type { StepInfo } from './step.ts'

/** A file at one of our paths. */
export interface FileStatus {
  readonly path: string
  /** `foreign`: somebody else has written it. */
  readonly state: 'ours' | 'foreign'
}

/** What is installed on a node, as `status --json` prints it. Public: fields are added, never renamed, and always there. */
export interface NodeStatus {
  readonly host: string
  /** Something of ours is there. */
  readonly installed: boolean
  /** `record`: the installer's own; `manifest`: it was lost, and the manifest of the guard tells; `null`: nobody does. */
  readonly source: 'record' | 'manifest' | null
  /** Why a record that is there cannot be used. */
  readonly recordError: string | null
  readonly phase: Phase | null
  /** What the node was set up with, without what may be secret. */
  readonly config: RawConfig | null
  readonly files: readonly FileStatus[]
  /** The lines of our block in /etc/hosts. */
  readonly hosts: readonly string[]
  /** Guard or kernel on each virtual server. */
  readonly services: readonly StatusReport[]
  /** What another apply of the same configuration would do. */
  readonly pending: readonly PendingStep[]
  /** Why that is not known. */
  readonly pendingError: string | null
}

/** A step that is still to be done. */
export type PendingStep = Pick<StepInfo, 'id' | 'kind' | 'title'>

/** Looks what is installed on a node, and how it is. Changes nothing. */
export async function status(host: NodeHost): Promise<NodeStatus> {
  const { configs, files, rules } = await observeInstalled(host)
  const record = recordAt(files.get(RECORD_FILE))
  const own = [...files].filter(([path]) => path !== HOSTS_FILE && path !== RECORD_FILE)
  const states = own.map(([path, file]) => ({ path, state: stateOf(isOurs(path, file)) }))
  const hosts = blockLines(hostsOf(files.get(HOSTS_FILE)?.content ?? Buffer.alloc(0)))
  const [config] = configs
  const isThere = files.has(RECORD_FILE) || hosts.length > 0 || states.some(({ state }) => state === 'ours')
  return {
    host: host.name,
    installed: isThere,
    source: sourceOf(record.kind === 'record', config !== undefined),
    recordError: record.kind === 'damaged' ? record.why : null,
    phase: record.kind === 'record' ? record.record.phase : null,
    config: config === undefined ? null : withoutSecrets(config),
    files: states,
    hosts,
    services: [...rules.values()],
    ...(config === undefined ? { pending: [], pendingError: null } : await pendingOf(config, host)),
  }
}

/** A node of which not everything can be seen is the one whose status is asked for. */
async function pendingOf(
  config: InstallerConfig,
  host: NodeHost,
): Promise<Pick<NodeStatus, 'pending' | 'pendingError'>> {
  try {
    const { steps } = await plan(config, host, { skipCheck: true })
    return { pending: steps.map(({ id, kind, title }) => ({ id, kind, title })), pendingError: null }
  } catch (error) {
    return { pending: [], pendingError: messageOf(error) }
  }
}

function stateOf(ours: boolean): FileStatus['state'] {
  return ours ? 'ours' : 'foreign'
}

function sourceOf(hasRecord: boolean, hasConfig: boolean): NodeStatus['source'] {
  if (hasRecord) return 'record'
  return hasConfig ? 'manifest' : null
}

/** A guard does not tell them either. */
function withoutSecrets(config: InstallerConfig): RawConfig {
  return { ...rawConfig(config), guard: rawFlags(publicFlags(config.guard.flags)) }
}
