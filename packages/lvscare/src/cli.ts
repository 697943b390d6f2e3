import { parseArguments, unknownCommandText } from './arguments.ts'
import { type CareConfig, careConfig } from './config.ts'
import { parseEndpoint } from './endpoint.ts'
import { codeOf, messageOf, UsageError } from './errors.ts'
import { checked } from './flag-check.ts'
import { type Environment, FlagValues } from './flag-values.ts'
import { COMMANDS, type CommandName } from './flags.ts'
import type { StatusOptions } from './status/command.ts'
import { VERSION, versionText } from './version.ts'

/** Everything `main` touches outside itself, so that a test can hand in its own. */
export interface CliHost {
  /** Takes what was asked for. */
  readonly stdout: (text: string) => void
  /** Takes what went wrong, a line each. */
  readonly stderr: (text: string) => void
  readonly environment: Environment
  /** Runs `lvscare care` to its end; what it rejects with becomes exit code 1. */
  readonly care: (config: CareConfig) => Promise<void>
  /** Runs `lvscare status`. */
  readonly status: (options: StatusOptions) => Promise<void>
  /** Runs `lvscare doctor`; resolves with its exit code. */
  readonly doctor: (flags: FlagValues) => Promise<number>
}

/** Exit codes of the command; public API, documented in docs/cli.md. */
export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2, WARNING: 3, ERROR: 4 } as const

/** Runs the command line and returns its exit code; every failure is one line on stderr. */
export async function main(argv: readonly string[], host: CliHost): Promise<number> {
  try {
    return await run(argv, host)
  } catch (error) {
    host.stderr(`lvscare: ${messageOf(error)}\n`)
    // By its code: what is loaded late brings its own copy of the class.
    return codeOf(error) === 'ERR_LVSCARE_USAGE' ? ExitCode.USAGE : ExitCode.FAILED
  }
}

async function run([name, ...rest]: readonly string[], host: CliHost): Promise<number> {
  if (name === '--help' || name === '-h') return await printHelp(host)
  if (name === 'help') return await printHelp(host, COMMANDS.find((one) => one.name === rest[0])?.name)
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw unknownCommand(name)
  const { given, help } = parseArguments(rest, command.flags, command.name)
  if (help) return await printHelp(host, command.name)
  return await RUN[command.name](new FlagValues(given, command.flags, host.environment), host)
}

/** Resolves with the exit code. */
type Run = (flags: FlagValues, host: CliHost) => Promise<number>

const RUN: Record<CommandName, Run> = {
  care: async (flags, host) => await host.care(careConfig(flags)).then(done),
  status: async (flags, host) => await host.status(statusOptions(flags)).then(done),
  doctor: (flags, host) => host.doctor(flags),
  version: async (flags, host) => {
    host.stdout(versionText(VERSION, flags.switch('short')))
    return ExitCode.OK
  },
}

function done(): number {
  return ExitCode.OK
}

function statusOptions(flags: FlagValues): StatusOptions {
  const text = flags.text('vs')
  return {
    virtual: text === undefined ? undefined : checked(flags, 'vs', text, () => parseEndpoint(text)),
    json: flags.switch('json'),
    watch: flags.switch('watch'),
  }
}

async function printHelp(host: CliHost, command?: CommandName): Promise<number> {
  const { helpText } = await import('./help.ts')
  host.stdout(await helpText(command))
  return ExitCode.OK
}

function unknownCommand(name: string | undefined): UsageError {
  const names = COMMANDS.map((command) => `"lvscare ${command.name}"`)
  return new UsageError(unknownCommandText(name, names, 'lvscare'))
}
