import type { Problems } from './problems.ts'
import { textRule } from './text-rule.ts'

/** Plain data with named values. */
export type PlainObject = Readonly<Record<string, unknown>>

/** True for what JSON and YAML call an object. */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads the values of one object by their names, and leaves what is wrong with them to {@link Problems}. */
export class Fields {
  readonly #values: PlainObject
  readonly #problems: Problems

  constructor(values: PlainObject, problems: Problems) {
    this.#values = values
    this.#problems = problems
  }

  /**
   * What `rule` makes of a value; `undefined` where there is none, or a wrong one. `rule` throws RangeError, and `shown`
   * makes of the value what messages show.
   */
  value<T>(name: string, rule: (value: unknown) => T, shown?: (value: unknown) => unknown): T | undefined {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
    if (value === undefined) return undefined
    return this.#problems.read(name, shown === undefined ? value : shown(value), () => {
      if (value === null) throw new RangeError('needs a value: leave the key out for its default')
      return rule(value)
    })
  }

  /** The same for text. */
  text<T = string>(
    name: string,
    rule: (text: string) => T,
    shown?: (value: unknown) => unknown,
  ): T | undefined {
    return this.value(name, (value) => rule(textRule(value)), shown)
  }

  /** True or false; false where there is none. */
  flag(name: string): boolean {
    return this.value(name, flagRule) ?? false
  }

  /** What `rule` makes of every item of a list of texts, `undefined` for a wrong one; empty where there is no list. */
  list<T = string>(name: string, rule: (text: string) => T): readonly (T | undefined)[] {
    const items = this.value(name, listRule) ?? []
    return items.map((item, index) =>
      this.#problems.read(`${name}[${index}]`, item, () => rule(textRule(item))),
    )
  }
}

function flagRule(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new RangeError('must be true or false')
  return value
}

function listRule(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError('must be a list')
  return value
}
