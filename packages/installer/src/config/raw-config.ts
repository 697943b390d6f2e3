import type { Flag } from 'lvscare'
import type { GuardSettings, InstallerConfig } from './config.ts'
import { GUARD_FLAGS } from './guard-flags.ts'
import type { RawConfig, RawFlag } from './raw.ts'

/**
 * A configuration as plain data, from which `parseConfig` makes the same one again.
 *
 * Defaults are written out: a later release may have others, and what was installed is to stay what it is.
 */
export function rawConfig(config: InstallerConfig): RawConfig {
  const { nodeAddress, imageArchive, kubernetesVersion, podSubnets, serviceSubnets, ca } = config
  return {
    vip: config.virtual.address,
    port: config.virtual.port,
    servers: config.servers.map(({ text }) => text),
    role: config.role,
    ...(nodeAddress === undefined ? {} : { nodeAddress }),
    endpointName: config.endpointName,
    podName: config.podName,
    image: config.image,
    ...(imageArchive === undefined ? {} : { imageArchive }),
    profile: config.profile,
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion: kubernetesVersion.text }),
    ...(podSubnets === undefined ? {} : { podSubnet: podSubnets.join(',') }),
    ...(serviceSubnets === undefined ? {} : { serviceSubnet: serviceSubnets.join(',') }),
    sans: config.extraSans,
    guardControlPlane: config.guardControlPlane,
    bootUnit: config.bootUnit,
    command: config.command,
    ...(ca === undefined ? {} : { ca }),
    guard: rawFlags(config.guard.flags),
  }
}

/** Flags of the guard as plain data. */
export function rawFlags(flags: GuardSettings['flags']): Record<string, RawFlag> {
  const known = GUARD_FLAGS.flatMap((flag) => {
    const values = flags.get(flag.name)
    return values === undefined ? [] : [[flag.name, rawFlag(flag, values)] as const]
  })
  return Object.fromEntries(known)
}

function rawFlag({ type }: Flag, values: readonly string[]): RawFlag {
  if (type === 'list') return values
  const text = values.at(-1) ?? ''
  return type === 'switch' && (text === 'true' || text === 'false') ? text === 'true' : text
}
