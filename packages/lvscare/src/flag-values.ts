import { UsageError } from './errors.ts'
import { CARE_FLAGS, type Flag } from './flags.ts'

/** The flags as the operator gave them, or their defaults; shapes are checked here, meanings in config.ts. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, readonly (string | boolean)[]>
  readonly #flags: readonly Flag[]

  /** `flags` are those of the command that `given` was read for. */
  constructor(
    given: ReadonlyMap<string, readonly (string | boolean)[]>,
    flags: readonly Flag[] = CARE_FLAGS,
  ) {
    this.#given = given
    this.#flags = flags
  }

  /** The text of a flag, or its default; throws {@link UsageError} when it is given twice or empty. */
  text(name: string): string | undefined {
    const values = this.#given.get(name) ?? []
    if (values.length > 1)
      throw new UsageError(`--${name} ${quoted(values)}: is given ${values.length} times, but counts once`)
    const value = values[0] ?? this.#defaultOf(name)
    if (value === '') throw new UsageError(`--${name} "": needs a value`)
    return value === undefined ? undefined : String(value)
  }

  /** Every value of a flag that may be repeated; a comma separates values too, as it always did in lvscare. */
  list(name: string): string[] {
    return (this.#given.get(name) ?? []).flatMap((value) => String(value).split(','))
  }

  /** True or false; the last one counts. */
  switch(name: string): boolean {
    return (this.#given.get(name)?.at(-1) ?? this.#defaultOf(name)) === true
  }

  /** Asking for a flag that does not exist is our own mistake. */
  #defaultOf(name: string): string | boolean | undefined {
    const flag = this.#flags.find((one) => one.name === name)
    if (flag === undefined) throw new TypeError(`there is no flag --${name}`)
    return flag.default
  }
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' ')
}
