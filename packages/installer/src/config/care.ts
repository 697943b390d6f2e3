import { type CareConfig, careConfig, FlagValues, type UsageDetails, UsageError } from 'lvscare'
import type { Problems } from './problems.ts'

/** Flags of `lvscare care` by name, with their values. */
export type Given = ReadonlyMap<string, readonly string[]>

/** Where the value of a flag stands in the configuration, and what stands there unless it is what the guard shows. */
export type PlaceOf = (flag: string, index: number) => { readonly path: string; readonly value?: unknown }

/**
 * What stands in for a value that is needed and wrong, so that the others can be looked at. Addresses for
 * documentation (RFC 5737, RFC 3849), which are nobody's; what the guard says about them is not reported.
 */
const STAND_INS: Readonly<Record<'inet' | 'inet6', ReadonlyMap<string, string>>> = {
  inet: new Map([
    ['vs', '203.0.113.1:1'],
    ['rs', '203.0.113.2:2'],
  ]),
  inet6: new Map([
    ['vs', '[2001:db8::1]:1'],
    ['rs', '[2001:db8::2]:2'],
  ]),
}

/**
 * Asks the guard's own definitions, which stop at the first thing that is wrong, again and again until nothing is left
 * that is. `absent` are flags that cannot do without a value, and have none or a wrong one; then there is no answer.
 */
export function readCare(
  given: Given,
  absent: ReadonlySet<'vs' | 'rs'>,
  problems: Problems,
  placeOf: PlaceOf,
): CareConfig | undefined {
  const trial = new Trial(given, absent)
  for (;;) {
    const details = trial.complaint()
    if (details === undefined) return trial.isUntouched ? careOf(given) : undefined
    const index = trial.takeOut(details)
    if (trial.isBecauseOfAnother(details)) continue
    const { path, value = details.value } = placeOf(details.flag, index)
    problems.add(path, value, ownWords(details.rule))
  }
}

/** What the guard makes of flags, and of nothing else: the environment is the installer's. Throws {@link UsageError}. */
export function careOf(given: Given): CareConfig {
  return careConfig(new FlagValues(given))
}

/** Flags from which everything that is wrong is taken out, one value after the other. */
class Trial {
  readonly #given: Map<string, readonly string[]>
  readonly #places: Map<string, readonly number[]>
  readonly #broken: Set<string>
  readonly #standIns: ReadonlyMap<string, string>

  constructor(given: Given, absent: ReadonlySet<string>) {
    this.#given = new Map(given)
    this.#places = new Map([...given].map(([name, values]) => [name, [...values.keys()]]))
    this.#broken = new Set(absent)
    this.#standIns = STAND_INS[given.get('vs')?.[0]?.startsWith('[') === true ? 'inet6' : 'inet']
    for (const name of absent) this.#standIn(name)
  }

  /** Nothing had to be taken out. */
  get isUntouched(): boolean {
    return this.#broken.size === 0
  }

  /** What the guard says; `undefined`: nothing. */
  complaint(): UsageDetails | undefined {
    return complaintAbout(this.#given)
  }

  /** Takes out the value that is complained about, and tells its place among those that were given. */
  takeOut({ flag }: UsageDetails): number {
    const values = this.#given.get(flag) ?? []
    const at = this.#culprit(flag, values)
    const places = this.#places.get(flag) ?? []
    const place = places[at]
    // Our own mistake, which would never end: a stand-in is wrong, or something that nobody gave.
    if (place === undefined) throw new TypeError(`--${flag} is wrong, and was not given`)
    this.#given.set(flag, values.toSpliced(at, 1))
    this.#places.set(flag, places.toSpliced(at, 1))
    this.#broken.add(flag)
    if (values.length === 1) this.#standIn(flag)
    return place
  }

  /** A rule about a flag that is wrong itself says nothing: `needs --scheduler wrr` where the scheduler is misspelt. */
  isBecauseOfAnother({ flag, rule }: UsageDetails): boolean {
    return [...rule.matchAll(/--([a-z-]+)/g)].some(([, name = '']) => name !== flag && this.#broken.has(name))
  }

  /** The first value of a flag with which the complaint appears. */
  #culprit(flag: string, values: readonly string[]): number {
    const end = values.findIndex((_, index) => {
      const first = new Map([...this.#given, [flag, values.slice(0, index + 1)] as const])
      return complaintAbout(first)?.flag === flag
    })
    return Math.max(end, 0)
  }

  #standIn(name: string): void {
    const value = this.#standIns.get(name)
    if (value === undefined) this.#given.delete(name)
    else this.#given.set(name, [value])
  }
}

function complaintAbout(given: Given): UsageDetails | undefined {
  try {
    careOf(given)
    return undefined
  } catch (error) {
    if (error instanceof UsageError && error.details !== undefined) return error.details
    throw error
  }
}

/** Flags that the configuration calls by other names. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  '--vs': 'vip',
  '--rs': 'servers',
  '--ip': 'nodeAddress',
}

function ownWords(rule: string): string {
  return rule.replace(/--(vs|rs|ip)\b/g, (flag) => OWN_NAMES[flag] ?? flag)
}
