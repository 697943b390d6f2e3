import { CARE_FLAGS, type Flag, parseSwitch, SECRET_FLAGS } from 'lvscare'
import { isPlainObject, type PlainObject } from './fields.ts'
import type { Problems } from './problems.ts'
import { mountRule } from './rules.ts'
import { suggestion } from './suggest.ts'

/** Flags that follow from the rest of the configuration, and what to write instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['vs', 'is not set here: it is `vip` and `port`'],
  ['rs', 'is not set here: it is `servers`'],
  ['ip', 'is not set here: it is `nodeAddress`'],
  ['run-once', 'is not set here: a guard stays'],
  ['clean', 'is not set here: a guard stays'],
])

/** The flags of `lvscare care` that are set by {@link RawConfig.guard}, in the order of its help. */
export const GUARD_FLAGS: readonly Flag[] = CARE_FLAGS.filter(({ name }) => !ELSEWHERE.has(name))

/** Flags that name a file of the node. */
export const FILE_FLAGS: readonly string[] = [
  'health-ca',
  'health-cert',
  'health-key',
  'metrics-tls-cert',
  'metrics-tls-key',
  'metrics-client-ca',
]

/** Shapes only: what the values mean is for lvscare itself to say. */
export function readGuardFlags(guard: unknown, problems: Problems): Map<string, readonly string[]> {
  if (guard === undefined) return new Map()
  if (!isPlainObject(guard)) {
    problems.add('guard', guard, 'must be flags by their names')
    return new Map()
  }
  const given = readAll(guard, problems)
  return new Map(GUARD_FLAGS.flatMap(({ name }) => (given.has(name) ? [[name, given.get(name) ?? []]] : [])))
}

function readAll(guard: PlainObject, problems: Problems): Map<string, readonly string[]> {
  const given = new Map<string, readonly string[]>()
  for (const [key, value] of Object.entries(guard)) {
    const path = `guard.${key}`
    const flag = flagNamed(key)
    const shown = flag === undefined || SECRET_FLAGS.has(flag.name) ? undefined : value
    const texts = problems.read(path, shown, () => textsOf(known(key, flag), value))
    if (flag === undefined || texts === undefined) continue
    if (given.has(flag.name)) problems.add(path, shown, `is --${flag.name}, which is given twice`)
    // An empty text is how a template leaves a flag out that has no default.
    const isLeftOut = texts.every((text) => text === '') && flag.default === undefined
    if (!isLeftOut) given.set(flag.name, texts)
  }
  return given
}

function flagNamed(key: string): Flag | undefined {
  return CARE_FLAGS.find(({ name, aliases = [] }) => name === key || aliases.includes(key))
}

function known(key: string, flag: Flag | undefined): Flag {
  const names = GUARD_FLAGS.map(({ name }) => name)
  if (flag === undefined) throw new RangeError(`is not a flag of "lvscare care"${suggestion(key, names)}`)
  const elsewhere = ELSEWHERE.get(flag.name)
  if (elsewhere !== undefined) throw new RangeError(elsewhere)
  return flag
}

function textsOf({ name, type }: Flag, value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (Array.isArray(value) && type !== 'list') throw new RangeError('takes one value, not a list')
  return values.map((one) => {
    const text = type === 'switch' ? switchText(textOf(one)) : textOf(one)
    return text !== '' && FILE_FLAGS.includes(name) ? mountRule(text) : text
  })
}

/** `T` and `1` are `true` to the guard, and so that is what it reports of itself. */
function switchText(text: string): string {
  return String(parseSwitch(text) ?? text)
}

function textOf(value: unknown): string {
  const isPlain = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
  if (!isPlain) throw new RangeError('must be text, a number, true or false')
  const text = String(value)
  if (text.includes('\0')) throw new RangeError('must not contain a NUL')
  return text
}
