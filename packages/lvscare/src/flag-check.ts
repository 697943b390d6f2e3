import { messageOf, UsageError } from './errors.ts'
import type { FlagValues } from './flag-values.ts'

/** Reads one flag by `parse`; throws {@link UsageError} that names flag, value and rule. */
export function check<T>(flags: FlagValues, name: string, parse: (text: string) => T): T {
  const text = flags.text(name)
  if (text === undefined) throw missing(name, 'give the virtual server as IP:PORT')
  return checked(flags, name, text, () => parse(text))
}

/** Runs `parse` and turns its RangeError into a {@link UsageError} about this value of the flag. */
export function checked<T>(flags: FlagValues, name: string, text: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) throw usage(flags, name, text, messageOf(error))
    throw error
  }
}

/** The error for a value that breaks a rule. */
export function usage(flags: FlagValues, name: string, value: string, rule: string): UsageError {
  return flags.broken(name, value, rule)
}

/** The error for a flag that must be given. */
export function missing(name: string, rule: string): UsageError {
  return new UsageError(`--${name} is missing: ${rule}`, { details: { flag: name, rule } })
}

/** A parser that takes one of a few words. */
export function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((one) => one === text)
    if (found === undefined) throw new RangeError(`must be one of ${allowed.join(', ')}`)
    return found
  }
}

/** {@link check} for a flag that may be left out. */
export function optional<T>(flags: FlagValues, name: string, parse: (text: string) => T): T | undefined {
  return flags.text(name) === undefined ? undefined : check(flags, name, parse)
}

/** A parser of small numbers. */
export function count(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 1000)
    throw new RangeError('must be a number from 1 to 1000')
  return value
}
