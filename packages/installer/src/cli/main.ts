import { FlagValues, parseArguments, programHelp, unknownCommandText, versionText } from 'lvscare'
import { InstallerUsageError } from '../errors.ts'
import { errorJson, errorLines } from './answer.ts'
import { COMMANDS, type Command, type CommandName } from './commands.ts'
import { exitOfError } from './exit.ts'
import { type ExitStatus, type InstallerCliHost, InstallerExitCode } from './host.ts'
import { runApply, runPlan, runValidate } from './run-apply.ts'
import { runConfig } from './run-config.ts'
import { runJoin } from './run-join.ts'
import { runManifest } from './run-manifest.ts'
import { runStatus, runVerify } from './run-status.ts'
import { runUninstall, runUpdate } from './run-update.ts'
import { secretsOf, withoutSecrets } from './secrets.ts'
import { isOn, type Session } from './session.ts'

const PROGRAM = 'lvscare-installer'

const SUMMARY =
  'Sets a node up so that it reaches all apiservers of its cluster through one address, before kubeadm join and after it.'

/** Runs the command line and returns its exit code; what failed is on standard error, the last lines of it. */
export async function main(argv: readonly string[], host: InstallerCliHost): Promise<ExitStatus> {
  try {
    return await run(argv, host)
  } catch (error) {
    return fail(error, host)
  }
}

async function run([name, ...rest]: readonly string[], host: InstallerCliHost): Promise<ExitStatus> {
  if (name === '--help' || name === '-h') return await printHelp(host)
  if (name === 'help') return await printHelp(host, COMMANDS.find((one) => one.name === rest[0])?.name)
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw unknownCommand(name)
  const read = parseArguments(rest, command.flags, command.name, shapeOf(command))
  if (read.help) return await printHelp(host, command.name)
  const flags = new FlagValues(read.given, command.flags)
  const safe = withoutSecrets(
    host,
    secretsOf(
      flags,
      command.flags.map((flag) => flag.name),
      host,
    ),
  )
  return await runSafely({ ...read, command, flags, host: safe })
}

/** What fails here has a command, and with `--json` a document. */
async function runSafely(session: Session): Promise<ExitStatus> {
  try {
    return await RUN[session.command.name](session)
  } catch (error) {
    const code = fail(error, session.host)
    const document = { command: session.command.name, code, error: errorJson(error), nodes: [] }
    if (isOn(session, 'json')) session.host.stdout(`${JSON.stringify(document)}\n`)
    return code
  }
}

const RUN: Record<CommandName, (session: Session) => Promise<ExitStatus>> = {
  plan: runPlan,
  apply: runApply,
  join: runJoin,
  status: runStatus,
  verify: runVerify,
  update: runUpdate,
  uninstall: runUninstall,
  manifest: runManifest,
  config: runConfig,
  validate: runValidate,
  version: async ({ flags, host }) => {
    host.stdout(versionText(host.version, flags.switch('short')))
    return InstallerExitCode.OK
  },
}

function fail(error: unknown, host: InstallerCliHost): ExitStatus {
  for (const line of errorLines(error)) host.stderr(`${PROGRAM}: ${line}\n`)
  return exitOfError(error)
}

function shapeOf({ positionals = 0, rest = false }: Command): Parameters<typeof parseArguments>[3] {
  return { program: PROGRAM, positionals, rest }
}

async function printHelp(host: InstallerCliHost, command?: CommandName): Promise<ExitStatus> {
  host.stdout(await programHelp({ program: PROGRAM, summary: SUMMARY, commands: COMMANDS }, command))
  return InstallerExitCode.OK
}

function unknownCommand(name: string | undefined): InstallerUsageError {
  const names = COMMANDS.map((command) => command.name)
  return new InstallerUsageError(unknownCommandText(name, names, PROGRAM))
}
