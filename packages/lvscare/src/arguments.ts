import { parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import { parseSwitch } from './flag-values.ts'
import type { Flag } from './flags.ts'

/** What stood behind a command on the command line. */
export interface Arguments {
  /** Every flag that was given, by its name (not its alias), with each value in order. */
  readonly given: ReadonlyMap<string, readonly (string | boolean)[]>
  /** `--help` was among them: then nothing else is checked. */
  readonly help: boolean
  /** What stood there without a flag. */
  readonly positionals: readonly string[]
  /** What stood behind `--`. */
  readonly rest: readonly string[]
}

/** What a command takes besides flags. */
export interface Shape {
  /** Name of the program, for messages. @default 'lvscare' */
  readonly program?: string
  /** How many words it takes that are no flags, at most. @default 0 */
  readonly positionals?: number
  /** It hands on what stands behind `--`. @default false */
  readonly rest?: boolean
}

/**
 * Reads the arguments of one command; throws {@link UsageError} that names flag, value and rule.
 *
 * Node's own parser, although the help text is yargs': to load yargs takes longer than to set the rules.
 */
export function parseArguments(
  argv: readonly string[],
  flags: readonly Flag[],
  command: string,
  shape: Shape = {},
): Arguments {
  const end = shape.rest === true ? argv.indexOf('--') : -1
  const tokens = tokensOf(end === -1 ? argv : argv.slice(0, end), flags)
  if (tokens.some((token) => token.kind === 'option' && (token.name === 'help' || token.rawName === '-h'))) {
    return { given: new Map(), help: true, positionals: [], rest: [] }
  }
  const given = new Map<string, (string | boolean)[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    const flag = token.kind === 'option' ? named(flags, token.name) : undefined
    if (token.kind === 'positional' && positionals.length < (shape.positionals ?? 0)) {
      positionals.push(token.value)
      continue
    }
    if (token.kind !== 'option' || flag === undefined) throw stranger(token, tokens, command, shape)
    const value = flag.type === 'switch' ? switchValue(token, flag) : textValue(token, flags)
    given.set(flag.name, [...(given.get(flag.name) ?? []), value])
  }
  return { given, help: false, positionals, rest: end === -1 ? [] : argv.slice(end + 1) }
}

/** One piece of the command line, as util.parseArgs sees it. */
type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]
type OptionToken = Token & { kind: 'option' }

function tokensOf(argv: readonly string[], flags: readonly Flag[]): Token[] {
  const names = flags.flatMap(({ name, aliases = [], type }) =>
    [name, ...aliases].map((one) => [one, { type: type === 'switch' ? 'boolean' : 'string' }] as const),
  )
  // A one-letter flag with a value, -C=false, is to the parser a bundle of one-letter flags.
  const args = argv.map((argument) => argument.replace(/^-(\w)=/, '--$1='))
  const short = names.map(([name, option]) => [name, name.length === 1 ? { ...option, short: name } : option])
  return parseArgs({ args, options: Object.fromEntries(short), strict: false, tokens: true }).tokens
}

function named(flags: readonly Flag[], name: string): Flag | undefined {
  return flags.find((flag) => flag.name === name || flag.aliases?.includes(name))
}

function switchValue({ rawName, value }: OptionToken, { words = [] }: Flag): boolean | string {
  if (value !== undefined && words.includes(value)) return value
  const read = value === undefined ? true : parseSwitch(value)
  if (read !== undefined) return read
  throw new UsageError(
    `${rawName} ${JSON.stringify(value)}: must be ${['true', 'false', ...words].join(' or ')}`,
  )
}

/** A value may begin with a dash, as -1 does, but the next flag is not a value. */
function textValue({ rawName, value, inlineValue }: OptionToken, flags: readonly Flag[]): string {
  const next = /^--?([\w-]+)/.exec(value ?? '')?.[1]
  if (
    value === undefined ||
    (inlineValue === false && next !== undefined && named(flags, next) !== undefined)
  ) {
    throw new UsageError(`${rawName}: needs a value`)
  }
  return value
}

/** What is neither a flag of this command nor the value of one. */
function stranger(token: Token, tokens: readonly Token[], command: string, shape: Shape): UsageError {
  const program = `${shape.program ?? 'lvscare'} ${command}`
  const see = `see ${program} --help`
  if (token.kind !== 'option') {
    const text = JSON.stringify(token.kind === 'positional' ? withoutSecret(token.value) : '--')
    const most = shape.positionals ?? 0
    const takes = most === 0 ? 'flags only' : `no more than ${most} ${most === 1 ? 'word' : 'words'}`
    return new UsageError(`${text}: "${program}" takes ${takes}; ${see}`)
  }
  const next = tokens.find(({ index }) => index === token.index + 1)
  const value = token.value ?? (next?.kind === 'positional' ? next.value : undefined)
  const isSecret = /head|body|token|key|pass/i.test(token.name)
  const shown =
    value === undefined || isSecret
      ? token.rawName
      : `${token.rawName} ${JSON.stringify(withoutToken(value))}`
  return new UsageError(`${shown}: is not a flag of "${program}"; ${see}`)
}

/** A header that lost its flag: its name is enough to find it. */
function withoutSecret(text: string): string {
  return withoutToken(text.replace(/[=:].*$/s, (value) => `${value.slice(0, 1)}...`))
}

/** A bootstrap token or a key of kubeadm: how it begins is enough to find it. */
function withoutToken(text: string): string {
  return text.replace(/^([a-z\d]{6})[.a-z\d]{10,}$/i, '$1...')
}

/** Says that a program has no such command, or that none was given, and which `names` there are. */
export function unknownCommandText(
  name: string | undefined,
  names: readonly string[],
  program: string,
): string {
  const what = name === undefined ? 'a command is missing' : `${JSON.stringify(name)}: is not a command`
  return `${what}; use ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, see ${program} --help`
}
