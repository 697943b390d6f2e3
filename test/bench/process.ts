import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Ticks of `utime` and `stime` a second (USER_HZ), the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100

/** VmRSS of these processes together. */
export function residentMiB(...pids: readonly (number | undefined)[]): number {
  return pids.reduce<number>((sum, pid) => {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    if (kib === undefined) throw new Error(`process ${pid} is gone`)
    return sum + Number(kib) / 1024
  }, 0)
}

/** Seconds of a processor that each group of processes uses within that time. */
export async function cpuDuring(
  ms: number,
  ...groups: ReadonlyArray<readonly (number | undefined)[]>
): Promise<number[]> {
  const before = groups.map((pids) => cpuSeconds(...pids))
  await delay(ms)
  return groups.map((pids, index) => cpuSeconds(...pids) - (before[index] ?? 0))
}

/** What these processes have used so far, each with all its threads and with children that have ended. */
function cpuSeconds(...pids: readonly (number | undefined)[]): number {
  return pids.reduce<number>((sum, pid) => {
    // The name of the program, in parentheses, may hold spaces. Behind it: state, and from the twelfth on the times.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    const ticks = fields.slice(11, 15).reduce((all, field) => all + Number(field), 0)
    return sum + ticks / TICKS_PER_SECOND
  }, 0)
}
