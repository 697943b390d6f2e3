import type { InstallerConfig } from '../config/config.ts'
import type { HostsLine } from '../hosts/block.ts'
import { buildHosts } from '../hosts/build.ts'
import { buildNodeFiles, type NodeFile } from '../node/files.ts'
import { MANIFESTS, MODULES_FILE, manifestPath, SYSCTLS_FILE, UNIT_FILE } from '../node/paths.ts'
import type { Phase } from './record.ts'
import type { StepKind } from './step.ts'

/** Everything a configuration wants to be on a node. */
export interface WantedNode {
  readonly config: InstallerConfig
  /** Files that are wholly ours. */
  readonly files: readonly NodeFile[]
  readonly hosts: readonly HostsLine[]
}

/** What a configuration wants; throws ConfigError where it does not say enough for that. */
export function wantedNode(config: InstallerConfig, phase: Phase): WantedNode {
  return { config, files: buildNodeFiles(config), hosts: buildHosts(config, phase) }
}

/** Every path at which a file of ours may be, whatever it was set up with. */
export function ownPaths(configs: readonly InstallerConfig[]): readonly string[] {
  return [...new Set([MODULES_FILE, SYSCTLS_FILE, UNIT_FILE, ...configs.map(manifestPath)])]
}

/** What kind of step a file takes. */
export function kindOf(path: string): StepKind & ('manifest' | 'unit' | 'file') {
  if (path.startsWith(`${MANIFESTS}/`)) return 'manifest'
  return path === UNIT_FILE ? 'unit' : 'file'
}
