import { CARE_FLAGS, type CareConfig, careConfig, FlagValues, parseArguments } from 'lvscare'

/** What `lvscare care` makes of flags, with `--run-once` or `--clean` added; throws lvscare's UsageError. */
export function careOfArguments(flags: readonly string[], more?: 'run-once' | 'clean'): CareConfig {
  const all = more === undefined ? flags : [...flags, `--${more}`]
  // Not from the environment: that is the installer's, not the guard's.
  return careConfig(new FlagValues(parseArguments(all, CARE_FLAGS, 'care').given, CARE_FLAGS))
}
