import type { FlagValues } from 'lvscare'
import type { Command } from './commands.ts'
import type { InstallerCliHost } from './host.ts'

/** One run of the program. */
export interface Session {
  readonly command: Command
  readonly flags: FlagValues
  /** The words that are no flags. */
  readonly positionals: readonly string[]
  /** What stands behind `--`. */
  readonly rest: readonly string[]
  /** Blackens secrets in what is printed. */
  readonly host: InstallerCliHost
}

/** The value of a flag that is a number from `least` to 1000; throws UsageError. */
export function numberOf({ flags }: Session, name: string, least: number): number {
  const text = flags.text(name) ?? ''
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > 1000)
    throw flags.broken(name, text, `must be a number from ${least} to 1000`)
  return value
}

/** The value of a flag that is one of a few words; throws UsageError. */
export function wordOf<T extends string>({ flags }: Session, name: string, words: readonly T[]): T {
  const text = flags.text(name) ?? ''
  const found = words.find((word) => word === text)
  if (found === undefined) throw flags.broken(name, text, `must be one of ${words.join(', ')}`)
  return found
}

/** True when a switch is set; false for a command that does not have it. */
export function isOn({ command, flags }: Session, name: string): boolean {
  return command.flags.some((flag) => flag.name === name) && flags.switch(name)
}
