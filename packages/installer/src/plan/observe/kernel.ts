import type { NodeHost } from '../../host/host.ts'
import type { NodeModules, NodeSetting } from '../../node/kernel.ts'
import { ASK_MS, unlessUnknown } from './ask.ts'

/** What the kernel of a node has of that which is wanted. */
export interface KernelState {
  /** Loaded, or built in; with underscores. `undefined`: not known. */
  readonly modules: ReadonlySet<string> | undefined
  /** Those of the optional modules that could be loaded. */
  readonly loadable: ReadonlySet<string>
  /** The settings that were asked for and are there. */
  readonly settings: ReadonlyMap<string, string>
}

/**
 * All in one program, for over SSH each one costs a round trip. Where a file is missing, what is in the other ones counts.
 * The folder of its settings is there exactly while IPVS is. Arguments are the modules that may be missing.
 */
const LIST_MODULES = [
  'cat /proc/modules',
  'cat "/lib/modules/$(uname -r)/modules.builtin"',
  '[ ! -d /proc/sys/net/ipv4/vs ] || echo ip_vs',
  'for name; do modprobe -n -q "$name" && echo "+ $name"; done',
].join('\n')

/** What of the wanted modules and settings the kernel has now. */
export async function observeKernel(
  host: NodeHost,
  { optional }: NodeModules,
  settings: readonly NodeSetting[],
): Promise<KernelState> {
  const [listed, shown] = await Promise.all([
    print(host, ['sh', '-c', LIST_MODULES, 'sh', ...optional]),
    settings.length === 0 ? '' : print(host, ['sysctl', ...settings.map(({ name }) => name)]),
  ])
  return {
    modules: listed === undefined ? undefined : modulesOf(listed),
    loadable: new Set([...(listed ?? '').matchAll(/^\+ (\S+)$/gm)].map(([, name = '']) => plainName(name))),
    settings: settingsOf(shown ?? ''),
  }
}

/** What a program prints, whatever its exit code: that says only that a part of what was asked for is missing. */
async function print(host: NodeHost, argv: readonly string[]): Promise<string | undefined> {
  return (await unlessUnknown(() => host.exec(argv, { timeoutMs: ASK_MS })))?.stdout
}

/** Names from /proc/modules (`ip_vs 204800 2 ...`) and modules.builtin (`kernel/net/netfilter/ipvs/ip_vs.ko`). */
export function modulesOf(text: string): ReadonlySet<string> {
  const words = text.split('\n').map((line) => line.split(' ', 1)[0] ?? '')
  const names = words.filter((word) => word !== '' && word !== '+')
  return new Set(names.map((word) => plainName(/([^/]+)\.ko$/.exec(word)?.[1] ?? word)))
}

/** `name = value` for each line, as sysctl(8) prints it. */
export function settingsOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([\w./-]+)\s*=\s*(.*?)\s*$/.exec(line))
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])))
}

/** The kernel takes both spellings, and shows this one. */
export function plainName(module: string): string {
  return module.replaceAll('-', '_')
}
