import { basename } from 'node:path'
import type { Process, Seen } from '../facts.ts'

/** The processes of a program, by the name it was started as. */
export function processesOf(processes: Seen<readonly Process[]>, program: string): readonly Process[] {
  if (!processes.seen) return []
  return processes.value.filter(({ argv: [name = ''] }) => basename(name) === program)
}

/** The value of a flag on a command line: `--name=value` or `--name value`. */
export function flagOf({ argv }: Process, name: string): string | undefined {
  const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`))
  const word = argv[at]
  return word === name ? argv[at + 1] : word?.slice(name.length + 1)
}
