import { shellWord } from 'lvscare'

/** A command as one line for a POSIX shell. */
export function shellLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ')
}
