import { UsageError } from './errors.ts'
import { CARE_FLAGS, type Flag } from './flags.ts'

/** The flags as the operator gave them, or their defaults; shapes are checked here, meanings in config.ts. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, readonly (string | boolean)[]>

  constructor(given: ReadonlyMap<string, readonly (string | boolean)[]>) {
    this.#given = given
  }

  /** The text of a flag, or its default; throws {@link UsageError} when it is given twice or empty. */
  text(name: string): string | undefined {
    const values = this.#given.get(name) ?? []
    if (values.length > 1)
      throw new UsageError(`--${name} ${quoted(values)}: is given ${values.length} times, but counts once`)
    const value = values[0] ?? flag(name).default
    if (value === '') throw new UsageError(`--${name} "": needs a value`)
    return value === undefined ? undefined : String(value)
  }

  /** Every value of a flag that may be repeated; a comma separates values too, as it always did in lvscare. */
  list(name: string): string[] {
    return (this.#given.get(name) ?? []).flatMap((value) => String(value).split(','))
  }

  /** True or false. */
  switch(name: string): boolean {
    return this.text(name) === 'true'
  }
}

/** The definition of a flag by its name; asking for one that does not exist is our own mistake. */
export function flag(name: string): Flag {
  const found = CARE_FLAGS.find((one) => one.name === name)
  if (found === undefined) throw new TypeError(`there is no flag --${name}`)
  return found
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' ')
}
