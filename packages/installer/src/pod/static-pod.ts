import type { InstallerConfig, Profile } from '../config/config.ts'
import { ConfigError } from '../errors.ts'
import { hardenedPod } from './hardened.ts'
import { sealosPod } from './sealos.ts'
import type { V1Pod } from './types.ts'

const BUILDERS: Readonly<Record<Profile, (config: InstallerConfig) => V1Pod>> = {
  hardened: hardenedPod,
  sealos: sealosPod,
}

/** The static pod of the guard; throws {@link ConfigError} where there is no server to guard. */
export function buildStaticPod(config: InstallerConfig): V1Pod {
  if (config.guard.care === undefined) {
    const rule = 'is needed for a guard: give at least one server'
    throw new ConfigError([{ path: 'servers', value: [], rule }])
  }
  return BUILDERS[config.profile](config)
}
