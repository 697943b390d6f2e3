import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const SOURCE = resolve(import.meta.dirname, '../../../native/uapi.c')

/** What native/uapi.c prints. */
export interface Uapi {
  readonly constants: Readonly<Record<string, number | string>>
  readonly sizes: Readonly<Record<string, number>>
  readonly offsets: Readonly<Record<string, number>>
}

/** The C compiler, or undefined when this machine has none. */
export function findCompiler(): string | undefined {
  const candidates = [process.env['CC'] || 'gcc', 'cc']
  return candidates.find((compiler) => spawnSync(compiler, ['--version']).status === 0)
}

/** Compiles and runs native/uapi.c against the headers of this machine; throws with what the compiler said. */
export function readUapi(compiler: string): Uapi {
  const directory = mkdtempSync(join(tmpdir(), 'lvscare-uapi-'))
  try {
    const program = join(directory, 'uapi')
    run(compiler, ['-std=c11', '-Wall', '-Wextra', '-Werror', '-o', program, SOURCE])
    return JSON.parse(run(program, [])) as Uapi
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** A missing compiler is a reason to skip on a developer's machine and a broken set-up in CI. */
export function skipReason(compiler: string | undefined): string | undefined {
  if (compiler !== undefined) return undefined
  const reason =
    'no C compiler: install gcc and the kernel headers (linux-libc-dev) to compare with native/uapi.c'
  if (process.env['CI']) throw new Error(reason)
  console.warn(`uapi contract SKIPPED: ${reason}`)
  return reason
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`)
  return stdout
}
