import { type ClusterFlags, clusterFlags } from './flags.ts'
import { type Outside, overSsh } from './machines.ts'

/** One of the five programs. */
export type Program = (flags: ClusterFlags, outside: Outside) => Promise<void>

/** Runs a program when its file is the one that was started; what fails is said, with a line for each reason, and is exit code 1. */
export async function runWhenStarted(file: string, program: Program): Promise<void> {
  if (process.argv[1] !== file) return
  const say = (line: string): void => console.log(line)
  try {
    await program(clusterFlags(process.argv.slice(2), process.env), { openHost: overSsh, say })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
