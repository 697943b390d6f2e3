import { spawnSync } from 'node:child_process'

/** Runs a program to its end and returns its standard output; throws with its standard error when it fails. */
export function exec(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.trim()}`)
  return stdout
}

/** The same, with text on its standard input. */
export function execWith(input: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 64 << 20,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.trim()}`)
  return stdout
}

/** Runs a program and tells how it ended, whatever that was. */
export function outcome(
  command: readonly [string, ...string[]],
  options: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number; readonly timeout?: number } = {},
): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const [program, ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options })
  if (error !== undefined) throw error
  return { code: status, stdout, stderr }
}
