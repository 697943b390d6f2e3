import { exec } from './exec.ts'

/** The whole table as rules (`ipvsadm -Sn`), a line each: the form in which tables are compared. `run`: on another node. */
export function savedTable(run: typeof exec = exec): string[] {
  return run('ipvsadm', '-Sn')
    .split('\n')
    .filter((line) => line !== '')
}

/** The table as `ipvsadm -Ln` shows it to people. */
export function shownTable(...options: string[]): string {
  return exec('ipvsadm', '-Ln', ...options)
}

/** The real servers of one virtual service, by address; `undefined` when there is no such service. */
export function membersOf(service: string, run: typeof exec = exec): Map<string, number> | undefined {
  const lines = savedTable(run)
  if (!lines.some((line) => line.startsWith(`-A -t ${service} `))) return undefined
  const members = new Map<string, number>()
  for (const line of lines) {
    const match = /^-a -t (\S+) -r (\S+) .*-w (\d+)/.exec(line)
    if (match?.[1] === service) members.set(match[2] ?? '', Number(match[3]))
  }
  return members
}
