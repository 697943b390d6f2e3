import { parseArguments } from './arguments.ts'
import { type CareConfig, careConfig } from './config.ts'
import { messageOf, UsageError } from './errors.ts'
import { FlagValues } from './flag-values.ts'
import { COMMANDS, type CommandName } from './flags.ts'
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
    await run(argv, host)
    return ExitCode.OK
  } catch (error) {
    host.stderr(`lvscare: ${messageOf(error)}\n`)
    return error instanceof UsageError ? ExitCode.USAGE : ExitCode.FAILED
  }
}

async function run([name, ...rest]: readonly string[], host: CliHost): Promise<void> {
  if (name === '--help') return await printHelp(host)
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw unknownCommand(name)
  const { given, help } = parseArguments(rest, command.flags, command.name)
  if (help) return await printHelp(host, command.name)
  await RUN[command.name](new FlagValues(given, command.flags), host)
}

const RUN: Record<CommandName, (flags: FlagValues, host: CliHost) => Promise<void>> = {
  care: (flags, host) => host.care(careConfig(flags)),
  version: async (flags, host) =>
    host.stdout(flags.switch('short') ? `${VERSION}\n` : `${JSON.stringify(versionInfo())}\n`),
}

async function printHelp(host: CliHost, command?: CommandName): Promise<void> {
  const { helpText } = await import('./help.ts')
  host.stdout(await helpText(command))
}

function unknownCommand(name: string | undefined): UsageError {
  const what = name === undefined ? 'a command is missing' : `${JSON.stringify(name)}: is not a command`
  const names = COMMANDS.map((command) => `"lvscare ${command.name}"`).join(' or ')
  return new UsageError(`${what}; use ${names}, see lvscare --help`)
}

function versionInfo(): Record<string, string> {
  return { version: VERSION, node: process.version, platform: `${process.platform}/${process.arch}` }
}
