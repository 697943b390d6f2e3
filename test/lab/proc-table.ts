import { existsSync, readFileSync } from 'node:fs'

/** The table of a process's network namespace; not there until the module is loaded. */
const tableOf = (pid: number | 'self'): string => `/proc/${pid}/net/ip_vs`

/**
 * The members of an IPv4 service in /proc/net/ip_vs, by address, with their weight; `undefined` without the service. The
 * table is that of this process or of another one.
 *
 * The kernel's own text: no program to start, so that a change is seen within a millisecond.
 */
export function membersNow(service: string, pid: number | 'self' = 'self'): Map<string, number> | undefined {
  if (!existsSync(tableOf(pid))) return undefined
  let members: Map<string, number> | undefined
  for (const line of readFileSync(tableOf(pid), 'latin1').split('\n')) {
    const words = line.trim().split(/\s+/)
    if (words[0] === 'TCP' || words[0] === 'UDP' || words[0] === 'FWM') {
      if (members !== undefined) return members
      if (words[0] === 'TCP' && readable(words[1] ?? '') === service) members = new Map()
    } else if (words[0] === '->') members?.set(readable(words[1] ?? ''), Number(words[3]))
  }
  return members
}

/** `C000020B:192B` as `192.0.2.11:6443`. */
function readable(hex: string): string {
  const match = /^(..)(..)(..)(..):(....)$/.exec(hex)
  if (match === null) return hex
  const [a, b, c, d, port] = match.slice(1).map((digits) => Number.parseInt(digits, 16))
  return `${a}.${b}.${c}.${d}:${port}`
}

/** An IPv4 service and its members as one text to compare, without the counters; empty without the service. */
export function ruleNow(service: string): string {
  const lines = existsSync(tableOf('self')) ? readFileSync(tableOf('self'), 'latin1').split('\n') : []
  const own: string[] = []
  for (const line of lines) {
    const words = line.trim().split(/\s+/)
    const isMember = words[0] === '->'
    if (!isMember && own.length > 0) break
    if (isMember && own.length > 0) own.push(words.slice(0, 4).join(' '))
    else if (words[0] === 'TCP' && readable(words[1] ?? '') === service) own.push(words.join(' '))
  }
  return own.sort().join('\n')
}
