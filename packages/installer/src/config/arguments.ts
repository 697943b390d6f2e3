import { CARE_FLAGS, type CareConfig, careConfig, FlagValues, parseArguments, UsageError } from 'lvscare'
import type { InstallerConfig } from './config.ts'
import { GUARD_FLAGS } from './guard-flags.ts'
import type { RawConfig } from './raw.ts'
import { rawFlags } from './raw-config.ts'

/** The parts of a configuration that the arguments of a guard carry. */
export type GuardParts = Required<Pick<RawConfig, 'vip' | 'port' | 'servers' | 'guard'>> &
  Pick<RawConfig, 'nodeAddress'>

/** Flags of the guard by name, with their values. */
type Flags = ReadonlyMap<string, readonly string[]>

/** The arguments of the guard in its pod, which gets the node's address by its environment. */
export function guardArguments(config: InstallerConfig): string[] {
  return ['care', '--vs', config.virtual.text, ...flagWords(config.guard.flags), ...serverWords(config)]
}

/** The flags of the guard where nothing else tells it the node's address: without `care`, with `--ip`. */
export function guardFlags(config: InstallerConfig): string[] {
  const address = config.nodeAddress === undefined ? [] : ['--ip', config.nodeAddress]
  return ['--vs', config.virtual.text, ...address, ...flagWords(config.guard.flags), ...serverWords(config)]
}

/** The arguments in the order and the spelling of sealos' known-good manifest, which has a path and a scheme always. */
export function sealosArguments(config: InstallerConfig): string[] {
  const { flags } = config.guard
  const others = new Map([...flags].filter(([name]) => name !== 'health-path' && name !== 'health-scheme'))
  const path = ['--health-path', textOf(flags, 'health-path')]
  const scheme = ['--health-schem', textOf(flags, 'health-scheme')]
  return [
    'care',
    '--vs',
    config.virtual.text,
    ...path,
    ...scheme,
    ...flagWords(others),
    ...serverWords(config),
  ]
}

/**
 * What the arguments of a container say, as one of these functions or somebody else wrote them; `undefined` unless they
 * are those of a guard that stays, and that lvscare would run.
 */
export function readArguments(argv: readonly string[]): GuardParts | undefined {
  const [command, ...rest] = argv
  const read = command === 'care' ? readFlags(rest) : undefined
  if (read === undefined || read.care.clean || read.care.runOnce) return undefined
  const { virtual, servers, nodeAddress } = read.care
  return {
    vip: virtual.address,
    port: virtual.port,
    servers: servers.map(({ text }) => text),
    ...(nodeAddress === undefined ? {} : { nodeAddress }),
    guard: rawFlags(read.flags),
  }
}

function readFlags(argv: readonly string[]): { flags: Flags; care: CareConfig } | undefined {
  try {
    const { given, help } = parseArguments(argv, CARE_FLAGS, 'care')
    const values = new FlagValues(given)
    return help ? undefined : { flags: values.given(), care: careConfig(values) }
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

function serverWords({ servers }: InstallerConfig): string[] {
  return servers.flatMap(({ text }) => ['--rs', text])
}

function flagWords(flags: Flags): string[] {
  return GUARD_FLAGS.flatMap(({ name, type }) =>
    (flags.get(name) ?? []).flatMap((value) =>
      // A switch takes no word of its own; a value with a dash in front would look like the next flag.
      type === 'switch' || value.startsWith('-') || value === ''
        ? [`--${name}=${value}`]
        : [`--${name}`, value],
    ),
  )
}

function textOf(flags: Flags, name: string): string {
  return flags.get(name)?.at(-1) ?? String(CARE_FLAGS.find((flag) => flag.name === name)?.default)
}
