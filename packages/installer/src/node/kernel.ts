import { wantedSettings } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'

/** What a guard needs of the kernel, beside what the kernel always has. */
export interface NodeModules {
  /** Without them there is no rule. */
  readonly required: readonly string[]
  /** Loaded on demand by most kernels, and built into some: one that cannot be loaded is no failure. */
  readonly optional: readonly string[]
}

/** A setting of the kernel, as sysctl(8) calls it. */
export interface NodeSetting {
  readonly name: string
  readonly value: string
}

/**
 * The modules of the kernel that the guard uses.
 *
 * The kernel loads them on demand too, but where SELinux is enforced not for a container.
 */
export function modulesOf({ guard }: InstallerConfig): NodeModules {
  const { care } = guard
  if (care === undefined) return { required: [], optional: [] }
  const { scheduler, mode, masquerade, failover } = care
  return {
    required: ['ip_vs', `ip_vs_${scheduler}`, ...(mode === 'link' ? ['dummy'] : [])],
    optional: [
      ...(masquerade ? ['nf_conntrack', 'nf_tables', 'nft_chain_nat', 'nft_ct', 'nft_masq'] : []),
      // Sockets are found and ended by it.
      ...(failover.reset === 'off' ? [] : ['tcp_diag']),
    ],
  }
}

/** The settings of IPVS that the guard wants, and cannot make in a container that is not privileged. */
export function settingsOf({ guard }: InstallerConfig): readonly NodeSetting[] {
  if (guard.care === undefined) return []
  const unused = { read: () => undefined, write: () => undefined }
  return wantedSettings(guard.care.masquerade, () => unused).map(({ name, value }) => ({ name, value }))
}
