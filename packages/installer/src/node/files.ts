import { createHash } from 'node:crypto'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { buildStaticPod } from '../pod/static-pod.ts'
import { toYaml } from '../pod/yaml.ts'
import { modulesOf, settingsOf } from './kernel.ts'
import { MODULES_FILE, manifestPath, SYSCTLS_FILE, UNIT_FILE, WRITTEN_BY } from './paths.ts'
import { unitText } from './unit.ts'

/** A file as it is to be on a node. */
export interface NodeFile {
  readonly path: string
  /** Permission bits, such as 0o644; the owner is root. */
  readonly mode: number
  readonly content: string
  /** Of the content as UTF-8, in hexadecimal digits. */
  readonly sha256: string
}

/** Every file that is wholly ours; none on a node without a guard. */
export function buildNodeFiles(config: InstallerConfig): NodeFile[] {
  if (!isGuarded(config)) return []
  return [
    file(MODULES_FILE, 0o644, modulesText(config)),
    file(SYSCTLS_FILE, 0o644, sysctlsText(config)),
    // As kubeadm has its own: arguments may hold a token.
    file(manifestPath(config), 0o600, toYaml(buildStaticPod(config))),
    ...(config.bootUnit ? [file(UNIT_FILE, 0o644, unitText(config))] : []),
  ]
}

function file(path: string, mode: number, content: string): NodeFile {
  return { path, mode, content, sha256: createHash('sha256').update(content).digest('hex') }
}

function modulesText(config: InstallerConfig): string {
  const { required, optional } = modulesOf(config)
  return linesOf([`${WRITTEN_BY}: what the guard needs of the kernel.`, ...required, ...optional])
}

function sysctlsText(config: InstallerConfig): string {
  const settings = settingsOf(config).map(({ name, value }) => `${name} = ${value}`)
  return linesOf([`${WRITTEN_BY}: clients of a removed server hear of it.`, ...settings])
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
