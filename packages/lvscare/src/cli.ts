import yargs from 'yargs'
import { type CareConfig, careConfig } from './config.ts'
import { messageOf, UsageError } from './errors.ts'
import { FlagValues } from './flag-values.ts'
import { CARE_FLAGS } from './flags.ts'
import { VERSION } from './version.ts'

/** Everything `main` touches outside itself, so that a test can hand in its own. */
export interface CliHost {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Runs `lvscare care` to its end; what it rejects with becomes exit code 1. */
  readonly care: (config: CareConfig) => Promise<void>
}

/** Exit codes of the command; public API, documented in docs/cli.md. */
export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2 } as const

/** Runs the command line and returns its exit code; every failure is one line on stderr. */
export async function main(argv: readonly string[], host: CliHost): Promise<number> {
  try {
    const command = await parse(argv, host)
    await command?.()
    return ExitCode.OK
  } catch (error) {
    host.stderr(`lvscare: ${messageOf(error)}\n`)
    return error instanceof UsageError ? ExitCode.USAGE : ExitCode.FAILED
  }
}

type Command = () => Promise<void>

/** The command that the arguments ask for; `undefined` when help was asked for and printed. */
async function parse(argv: readonly string[], host: CliHost): Promise<Command | undefined> {
  let command: Command | undefined
  const parser = yargs()
    .scriptName('lvscare')
    .usage('$0 <command>\n\nKeeps the IPVS rule of a Kubernetes node pointed at its healthy apiservers.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'strip-aliased': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .command('care', 'guard the rule until stopped', careOptions(), (args) => {
      command = careCommand(args, host)
    })
    .command('version', 'print the version', VERSION_OPTIONS, (args) => {
      refuseUnknown(args, new Set(['short']), 'lvscare version')
      command = async () => host.stdout(args['short'] ? `${VERSION}\n` : `${JSON.stringify(versionInfo())}\n`)
    })
    .version(false)
    .help()
    .exitProcess(false)
    // Lines are not wrapped: yargs would break them inside words.
    .wrap(null)
    .fail((message, error) => {
      throw error instanceof UsageError ? error : yargsError(message, error)
    })
  refuseOddSwitches(argv)
  const printed = await printedBy(parser, argv)
  if (printed !== '') host.stdout(`${printed}\n`)
  else if (command === undefined) throw unknownCommand(argv)
  return command
}

function printedBy(parser: ReturnType<typeof yargs>, argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    void parser.parse([...argv], {}, (error, _args, output) => (error ? reject(error) : resolve(output)))
  })
}

const VERSION_OPTIONS = { short: { type: 'boolean', default: false, describe: 'only the number' } } as const

function careOptions(): Record<string, object> {
  return Object.fromEntries(
    CARE_FLAGS.map((flag) => [
      flag.name,
      {
        alias: [...(flag.aliases ?? [])],
        // Values stay text: "6443" must not become a number, nor "0x10" sixteen.
        ...(flag.type === 'switch' ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
        ...(flag.default === undefined ? {} : { defaultDescription: String(flag.default) }),
        describe: flag.describe,
      },
    ]),
  )
}

function careCommand(args: Record<string, unknown>, host: CliHost): Command {
  refuseUnknown(
    args,
    new Set(CARE_FLAGS.flatMap(({ name, aliases = [] }) => [name, ...aliases])),
    'lvscare care',
  )
  const config = careConfig(new FlagValues(given(args)))
  return () => host.care(config)
}

function given(args: Record<string, unknown>): Map<string, readonly (string | boolean)[]> {
  const values = new Map<string, readonly (string | boolean)[]>()
  for (const { name } of CARE_FLAGS) {
    const value = args[name]
    if (value !== undefined)
      values.set(
        name,
        [value].flat().map((one) => (typeof one === 'boolean' ? one : String(one))),
      )
  }
  return values
}

/** What yargs itself complains of is wrong usage; any other error is a mistake of ours. */
function yargsError(message: string, error: Error | undefined): Error {
  if (error !== undefined && error.name !== 'YError') return error
  const name = /^Not enough arguments following: (.*)$/.exec(message)?.[1]
  return new UsageError(name === undefined ? message : `--${name}: needs a value`)
}

const SWITCHES: ReadonlySet<string> = new Set([
  ...Object.keys(VERSION_OPTIONS),
  ...CARE_FLAGS.filter(({ type }) => type === 'switch').flatMap(({ name, aliases = [] }) => [
    name,
    ...aliases,
  ]),
])

/** yargs takes any text but "true" for false, so that a typing mistake would pass unseen. */
function refuseOddSwitches(argv: readonly string[]): void {
  for (const argument of argv) {
    const [, name = '', value = ''] = /^--?([^=]+)=(.*)$/.exec(argument) ?? []
    if (SWITCHES.has(name) && value !== 'true' && value !== 'false') {
      throw new UsageError(`--${name} ${JSON.stringify(value)}: must be true or false`)
    }
  }
}

function refuseUnknown(args: Record<string, unknown>, known: ReadonlySet<string>, command: string): void {
  for (const [name, value] of Object.entries(args)) {
    if (name === '_' || name === '$0' || name === 'help' || known.has(name)) continue
    const dashes = name.length === 1 ? '-' : '--'
    throw new UsageError(
      `${dashes}${name} ${JSON.stringify(value)}: is not a flag of "${command}"; see ${command} --help`,
    )
  }
  const [, extra] = Array.isArray(args['_']) ? args['_'] : []
  if (extra !== undefined)
    throw new UsageError(`${JSON.stringify(extra)}: "${command}" takes flags only; see ${command} --help`)
}

function unknownCommand(argv: readonly string[]): UsageError {
  const [first] = argv
  const what = first === undefined ? 'a command is missing' : `${JSON.stringify(first)}: is not a command`
  return new UsageError(`${what}; use "lvscare care" or "lvscare version", see lvscare --help`)
}

function versionInfo(): Record<string, string> {
  return { version: VERSION, node: process.version, platform: `${process.platform}/${process.arch}` }
}
