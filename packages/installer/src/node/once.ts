import { guardFlags } from '../config/arguments.ts'
import type { InstallerConfig } from '../config/config.ts'

/** A probe has them, and setting the rule does not; whoever may list processes or units would see them. */
const SECRET_FLAGS: ReadonlySet<string> = new Set(['health-req-headers', 'health-req-body'])

/** The flags of `lvscare care` that set the rule, without those whose values may be secret. */
export function ruleFlags(config: InstallerConfig): string[] {
  const { guard } = config
  const flags = new Map([...guard.flags].filter(([name]) => !SECRET_FLAGS.has(name)))
  return guardFlags({ ...config, guard: { ...guard, flags } })
}

/** The command that sets the rule once, on the node itself. */
export function ruleCommand(config: InstallerConfig): string[] {
  return [...config.command, 'care', ...ruleFlags(config), '--run-once']
}
