import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a script ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a script of this repository in a folder. */
export function runScript(script: string, args: readonly string[], cwd: string): Ended {
  const path = fileURLToPath(new URL(`../../../${script}`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { cwd, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}
