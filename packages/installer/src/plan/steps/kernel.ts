import { CommandError } from '../../errors.ts'
import type { NodeHost } from '../../host/host.ts'
import type { NodeModules, NodeSetting } from '../../node/kernel.ts'
import { ASK_MS } from '../observe/ask.ts'
import { type KernelState, plainName } from '../observe/kernel.ts'
import type { PlanStep } from '../step.ts'

/** Loads the modules that are missing; none where all are there. They stay: the kernel keeps what others may use. */
export function moduleSteps(
  host: NodeHost,
  { required, optional }: NodeModules,
  { modules, loadable }: KernelState,
): readonly PlanStep[] {
  const isMissing = (name: string): boolean => modules?.has(plainName(name)) !== true
  const needed = required.filter(isMissing)
  const useful = optional.filter((name) => isMissing(name) && loadable.has(plainName(name)))
  if (needed.length + useful.length === 0) return []
  const list = [...needed, ...useful].join(' ')
  const step: PlanStep = {
    id: 'modules',
    kind: 'modules',
    title: `load the kernel modules ${list}`,
    before: undefined,
    after: list,
    reversible: false,
    run: async (signal) => {
      if (needed.length > 0) await run(host, ['modprobe', '-a', ...needed], signal)
      // Whether these could be loaded matters to nobody: the kernel will be asked for them again.
      if (useful.length > 0) await host.exec(['modprobe', '-a', '-q', ...useful], { signal })
    },
  }
  return [step]
}

/** Sets the settings that are not what they must be; what they were is given back when a later step fails. */
export function settingSteps(
  host: NodeHost,
  wanted: readonly NodeSetting[],
  { modules, settings }: KernelState,
): readonly PlanStep[] {
  // Without IPVS none of them is there yet; with it, one that is missing is not in this kernel.
  const mayCome = modules?.has('ip_vs') !== true
  const wrong = wanted.filter(({ name, value }) => {
    const found = settings.get(name)
    return found === undefined ? mayCome : found !== value
  })
  if (wrong.length === 0) return []
  const former = wrong.flatMap(({ name }) => {
    const value = settings.get(name)
    return value === undefined ? [] : [{ name, value }]
  })
  return [settingStep(host, wrong, former)]
}

function settingStep(
  host: NodeHost,
  wanted: readonly NodeSetting[],
  former: readonly NodeSetting[],
): PlanStep {
  const set = async (settings: readonly NodeSetting[], signal?: AbortSignal): Promise<void> => {
    // -e: a kernel that lacks one is said to by the guard, where it matters.
    if (settings.length > 0) await run(host, ['sysctl', '-e', '-w', ...settings.map(textOf)], signal)
  }
  return {
    id: 'sysctls',
    kind: 'sysctls',
    title: `set ${wanted.map(textOf).join(' ')}`,
    before: former.length === 0 ? undefined : former.map(textOf).join(' '),
    after: wanted.map(textOf).join(' '),
    reversible: true,
    run: async (signal) => await set(wanted, signal),
    undo: async () => await set(former),
  }
}

function textOf({ name, value }: NodeSetting): string {
  return `${name}=${value}`
}

/** Runs a program to a good end; throws {@link CommandError} with what it said otherwise. */
export async function run(host: NodeHost, argv: readonly string[], signal?: AbortSignal): Promise<string> {
  const options = signal === undefined ? {} : { signal }
  const { code, stdout, stderr } = await host.exec(argv, { timeoutMs: PROGRAM_MS, ...options })
  if (code === 0) return stdout
  throw new CommandError(host.name, argv, code === undefined ? 'a signal' : `code ${code}`, stderr)
}

/** An import of an image is the slowest of them, in milliseconds. */
const PROGRAM_MS = 30 * ASK_MS
