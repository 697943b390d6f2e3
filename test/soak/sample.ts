import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What a process holds at one moment. */
export interface Sample {
  readonly seconds: number
  /** Resident memory, and its share of what it has in common with others. */
  readonly rssMiB: number
  readonly pssMiB: number
  /** What only it has: heap, stacks, buffers. */
  readonly privateMiB: number
  readonly descriptors: number
  /** Those of the descriptors that are sockets. */
  readonly sockets: number
  readonly threads: number
  /** Memory of the whole kernel that cannot be given back. */
  readonly kernelMiB: number
}

/** Looks at a process; throws when it is gone. */
export function sample(pid: number | undefined, seconds: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  const held = descriptors(pid)
  return {
    seconds: Math.round(seconds),
    rssMiB: mib(memory, 'Rss'),
    pssMiB: mib(memory, 'Pss'),
    privateMiB: mib(memory, 'Private_Dirty'),
    descriptors: held.length,
    sockets: held.filter((target) => target.startsWith('socket:')).length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    kernelMiB: mib(readFileSync('/proc/meminfo', 'latin1'), 'SUnreclaim'),
  }
}

/** The samples as a table that any program reads. */
export function toCsv(samples: readonly Sample[]): string {
  const [first] = samples
  if (first === undefined) return ''
  const names = Object.keys(first) as (keyof Sample)[]
  return `${[names, ...samples.map((one) => names.map((name) => one[name]))].map((row) => row.join(',')).join('\n')}\n`
}

function mib(text: string, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`${name} is not told`)
  return Number((Number(kib) / 1024).toFixed(2))
}

/** What its descriptors stand for; one that is closed meanwhile was open a moment ago. */
function descriptors(pid: number | undefined): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`)
    } catch {
      return 'closed'
    }
  })
}
