import { publicFlags } from 'lvscare'
import { guardFlags } from '../config/arguments.ts'
import type { InstallerConfig } from '../config/config.ts'

/**
 * The flags of `lvscare care` that set the rule, without what may be secret: a probe needs that, and setting the rule does
 * not, and whoever may list processes or units would see it.
 */
export function ruleFlags(config: InstallerConfig): string[] {
  const { guard } = config
  return guardFlags({ ...config, guard: { ...guard, flags: publicFlags(guard.flags) } })
}

/** The command that sets the rule once, on the node itself. */
export function ruleCommand(config: InstallerConfig): string[] {
  return [...config.command, 'care', ...ruleFlags(config), '--run-once']
}
