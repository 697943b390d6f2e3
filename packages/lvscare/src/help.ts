import { COMMANDS, type CommandName, type Flag } from './flags.ts'

/** What a help text says of one command. */
export interface CommandHelp {
  readonly name: string
  /** How it is written, when it takes more than flags: `join [endpoint]`. @default name */
  readonly usage?: string
  readonly describe: string
  readonly flags: readonly Flag[]
}

/** What a help text says of a program. */
export interface ProgramHelp {
  readonly program: string
  /** What it is for, in one sentence. */
  readonly summary: string
  readonly commands: readonly CommandHelp[]
}

const LVSCARE: ProgramHelp = {
  program: 'lvscare',
  summary: 'Keeps the IPVS rule of a Kubernetes node pointed at its healthy apiservers.',
  commands: COMMANDS,
}

/** The help text of lvscare, or of one of its commands. */
export function helpText(command?: CommandName): Promise<string> {
  return programHelp(LVSCARE, command)
}

/** The help text of a program, or of one of its commands. */
export async function programHelp(
  { program, summary, commands }: ProgramHelp,
  command?: string,
): Promise<string> {
  // Late: whoever imports the library does not need yargs.
  const { default: yargs } = await import('yargs')
  const parser = yargs()
    .scriptName(program)
    .usage(`$0 <command>\n\n${summary}`)
    .parserConfiguration({ 'camel-case-expansion': false })
    .version(false)
    .help()
    .exitProcess(false)
    // Lines are not wrapped: yargs would break them inside words.
    .wrap(null)
  for (const { name, usage = name, describe, flags } of commands) {
    parser.command(usage, describe, options(flags))
  }
  return await new Promise((resolve, reject) => {
    const argv = command === undefined ? ['--help'] : [command, '--help']
    void parser.parse(argv, {}, (error, _args, output) => (error ? reject(error) : resolve(`${output}\n`)))
  })
}

function options(flags: readonly Flag[]): Record<string, object> {
  return Object.fromEntries(
    flags.map(({ name, aliases = [], type, default: value, describe }) => [
      name,
      {
        alias: [...aliases],
        type: type === 'switch' ? 'boolean' : 'string',
        ...(value === undefined ? {} : { defaultDescription: String(value) }),
        describe,
      },
    ]),
  )
}
