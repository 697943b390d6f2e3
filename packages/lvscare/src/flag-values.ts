import { UsageError } from './errors.ts'
import { CARE_FLAGS, type Flag } from './flags.ts'

/** The variables of the environment: `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a flag was set to, and where: `--interval` or `CARE_INTERVAL`. */
interface Given {
  readonly from: string
  readonly values: readonly (string | boolean)[]
}

/** What strconv.ParseBool of Go takes, which lvscare reads its switches with. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])

/** True or false as lvscare reads it; `undefined` for anything else. */
export function parseSwitch(text: string): boolean | undefined {
  return BOOLEANS.get(text)
}

/** The variable of the environment that stands for a flag: `CARE_HEALTH_PATH` for `health-path`. */
export function variableOf(name: string): string {
  return `CARE_${name.toUpperCase().replaceAll('-', '_')}`
}

/**
 * The flags as the operator gave them: on the command line, else in the environment, else their defaults.
 *
 * Shapes are checked here, meanings in config.ts.
 */
export class FlagValues {
  readonly #given: ReadonlyMap<string, readonly (string | boolean)[]>
  readonly #flags: readonly Flag[]
  readonly #environment: Environment

  /** `flags` are those of the command that `given` was read for. */
  constructor(
    given: ReadonlyMap<string, readonly (string | boolean)[]>,
    flags: readonly Flag[] = CARE_FLAGS,
    environment: Environment = {},
  ) {
    this.#given = given
    this.#flags = flags
    this.#environment = environment
  }

  /** True when somebody set the flag, even to its default. */
  isGiven(name: string): boolean {
    return this.#find(name) !== undefined
  }

  /** How the operator set the flag, for messages: `--interval`, or `CARE_INTERVAL`. */
  label(name: string): string {
    return this.#find(name)?.from ?? `--${name}`
  }

  /** The error for a value of a flag that breaks a rule. */
  broken(flag: string, value: string, rule: string): UsageError {
    const details = { flag, value, rule }
    return new UsageError(`${this.label(flag)} ${JSON.stringify(value)}: ${rule}`, { details })
  }

  /** The text of a flag, or its default; the last one counts. Throws {@link UsageError} when it is empty. */
  text(name: string): string | undefined {
    const value = this.#find(name)?.values.at(-1) ?? this.#flag(name).default
    // A flag without a default that is empty is one that a template had nothing to put into.
    if (value === '' && this.#flag(name).default !== undefined) throw this.broken(name, '', 'needs a value')
    return value === undefined || value === '' ? undefined : String(value)
  }

  /** The text of a flag whose value may be empty. */
  anyText(name: string): string | undefined {
    const value = this.#find(name)?.values.at(-1)
    return value === undefined ? undefined : String(value)
  }

  /** Every value of a flag that may be repeated; a comma separates values too, as it always did in lvscare. */
  list(name: string): string[] {
    return (this.#find(name)?.values ?? []).flatMap((value) => String(value).split(','))
  }

  /** True or false; the last one counts. Throws {@link UsageError} for a variable that is neither. */
  switch(name: string): boolean {
    const value = this.#find(name)?.values.at(-1) ?? this.#flag(name).default
    if (typeof value !== 'string') return value === true
    const read = parseSwitch(value)
    if (read === undefined) throw this.broken(name, value, 'must be true or false')
    return read
  }

  /** Every flag that somebody set, by its name, with its values as text. */
  given(): Map<string, string[]> {
    const found = this.#flags.map(({ name }) => [name, this.#find(name)?.values.map(String)] as const)
    return new Map(found.flatMap(([name, values]) => (values === undefined ? [] : [[name, values]])))
  }

  /** The same, and `more` where nobody set a flag; what these flags do not know of it is left out. */
  completedBy(more: ReadonlyMap<string, readonly string[]>): FlagValues {
    const known = [...more].filter(([name]) => this.#flags.some((flag) => flag.name === name))
    return new FlagValues(new Map([...known, ...this.given()]), this.#flags)
  }

  #find(name: string): Given | undefined {
    const values = this.#given.get(name)
    if (values !== undefined && values.length > 0) return { from: `--${name}`, values }
    for (const one of [name, ...(this.#flag(name).aliases ?? [])]) {
      const value = this.#environment[variableOf(one)]
      // An empty variable is how a manifest leaves one out.
      if (value !== undefined && value !== '') return { from: variableOf(one), values: [value] }
    }
    return undefined
  }

  /** Asking for a flag that does not exist is our own mistake. */
  #flag(name: string): Flag {
    const flag = this.#flags.find((one) => one.name === name)
    if (flag === undefined) throw new TypeError(`there is no flag --${name}`)
    return flag
  }
}
