import { spawnSync } from 'node:child_process'

/** What promtool said, and whether it was content. */
export interface Said {
  readonly ok: boolean
  readonly text: string
}

/** Runs promtool; it ends badly when it finds something wrong. */
export function promtool(...args: readonly string[]): Said {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`promtool cannot be run: ${error.message}`)
  return { ok: status === 0, text: `${stdout}${stderr}` }
}

/** Why promtool cannot be asked here: a reason to skip on a developer's machine, and a broken set-up in CI. */
export function noPromtool(): string | undefined {
  if (spawnSync('promtool', ['--version']).status === 0) return undefined
  const reason = 'no promtool: install prometheus (Debian has it) to try rules and configuration'
  if (process.env['CI']) throw new Error(reason)
  console.warn(`monitoring SKIPPED: ${reason}`)
  return reason
}
