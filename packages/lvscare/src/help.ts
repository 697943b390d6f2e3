import yargs from 'yargs'
import { COMMANDS, type CommandName, type Flag } from './flags.ts'

/** The help text of the program, or of one of its commands. */
export function helpText(command?: CommandName): Promise<string> {
  const parser = yargs()
    .scriptName('lvscare')
    .usage('$0 <command>\n\nKeeps the IPVS rule of a Kubernetes node pointed at its healthy apiservers.')
    .parserConfiguration({ 'camel-case-expansion': false })
    .version(false)
    .help()
    .exitProcess(false)
    // Lines are not wrapped: yargs would break them inside words.
    .wrap(null)
  for (const { name, describe, flags } of COMMANDS) parser.command(name, describe, options(flags))
  return new Promise((resolve, reject) => {
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
