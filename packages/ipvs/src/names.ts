/** Names of ours for numbers of the kernel. */
export interface NameTable<Name extends string, Prefix extends string> {
  /** What the names are, for messages. */
  readonly what: string
  /** A number without a name is called `<prefix>-<number>`. */
  readonly prefix: Prefix
  /** Largest number the kernel keeps. */
  readonly max: number
  readonly numbers: Readonly<Record<Name, number>>
}

/** The name of a number; any number has one, because a table of the kernel may hold what we never heard of. */
export function nameOf<Name extends string, Prefix extends string>(
  table: NameTable<Name, Prefix>,
  number: number,
): Name | `${Prefix}-${number}` {
  return namesIn(table.numbers).find((name) => table.numbers[name] === number) ?? `${table.prefix}-${number}`
}

/** The number of a name as {@link nameOf} gives it; throws RangeError for any other text. */
export function numberOf<Name extends string>(table: NameTable<Name, string>, name: string): number {
  const known = namesIn(table.numbers).find((one) => one === name)
  if (known !== undefined) return table.numbers[known]
  const [, prefix, digits] = /^(\w+)-(\d+)$/.exec(name) ?? []
  if (prefix === table.prefix && Number(digits) <= table.max) return Number(digits)
  throw notIn(table.what, namesIn(table.numbers), name)
}

/** Names of ours for the bits of a flag word. */
export interface FlagTable<Name extends string> {
  readonly what: string
  readonly bits: Readonly<Record<Name, number>>
}

/** The names of the bits that are set, in the table's order; bits without a name are left out. */
export function flagNames<Name extends string>(table: FlagTable<Name>, word: number): Name[] {
  return namesIn(table.bits).filter((name) => (word & table.bits[name]) !== 0)
}

/** The bits of the names; throws RangeError for a name that is not in the table. */
export function flagBits<Name extends string>(table: FlagTable<Name>, names: readonly Name[]): number {
  return names.reduce((word, name) => {
    if (!Object.hasOwn(table.bits, name)) throw notIn(table.what, namesIn(table.bits), name)
    return word | table.bits[name]
  }, 0)
}

function namesIn<Name extends string>(record: Readonly<Record<Name, number>>): Name[] {
  return Object.keys(record) as Name[]
}

function notIn(what: string, names: readonly string[], name: string): RangeError {
  return new RangeError(`${what} must be one of ${names.join(', ')}, not "${name}"`)
}
