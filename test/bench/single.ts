import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { LVSCARE, singleFile } from '../lab/programs.ts'
import { buildLauncher } from './launcher.ts'
import { residentMiB } from './process.ts'
import { median, type Result } from './stats.ts'

const RUNS = 41
const GUARDING_MS = 45_000
const NODE = process.execPath

/** Size and start of the single file, against node with the bundle and against a script that unpacks itself. */
export async function benchSingle(): Promise<Result[]> {
  return await withLauncher((launcher, home) => {
    const version = (...command: readonly [string, ...string[]]): (() => number) => {
      return () => runMs([...command, 'version'], home)
    }
    const unpacking = (): number => {
      rmSync(home, { recursive: true, force: true })
      return version(launcher)()
    }
    const first = median(Array.from({ length: 5 }, unpacking))
    const [bare, bundle, single, later] = inTurns(
      () => runMs([NODE, '-e', '0'], home),
      version(NODE, LVSCARE),
      version(singleFile()),
      version(launcher),
    )
    return [
      ...sizes(launcher),
      compared('`version` of the single file, against `node -e 0`', single, bare, 'ms', 1.5),
      compared('the same, against node with the bundle', single, bundle, 'ms', 1.1),
      compared('the same, against the launcher that has unpacked itself before', single, later, 'ms', 1.1),
      compared('the same, against the launcher at its first start', single, first, 'ms', 0.5),
    ]
  })
}

/** Memory of a running guard: the single file, against node with the bundle and the launcher. In the virtual machine. */
export async function benchSingleMemory(): Promise<Result[]> {
  return await withLauncher(async (launcher, home) => {
    const cluster = await TestCluster.create('a', 'b', 'c')
    runMs([launcher, 'version'], home)
    const commands = { bundle: [NODE, LVSCARE], launcher: [launcher], single: [singleFile()] } as const
    const results: Record<string, Memory> = {}
    // One after the other: pages that two of them share would be counted half.
    for (const [name, command] of Object.entries(commands)) {
      const [program, ...rest] = [...command, 'care'] as const
      const flags = [...cluster.flags, '--interval', '1']
      const guard = new GuardProcess(flags, { LVSCARE_UNPACK: home }, [program ?? '', ...rest])
      await delay(GUARDING_MS)
      results[name] = memoryOf(guard.process.pid)
      await guard.stop()
    }
    await cluster.remove()
    const { single, bundle, launcher: other } = results
    if (single === undefined || bundle === undefined || other === undefined)
      throw new Error('nothing measured')
    return [
      compared(
        'resident memory of a guard, against node with the bundle',
        single.rss,
        bundle.rss,
        'MiB',
        1.1,
      ),
      compared(
        'what it has written to of them, against the same',
        single.written,
        bundle.written,
        'MiB',
        1.2,
      ),
      compared('resident memory, against the launcher', single.rss, other.rss, 'MiB', 1.1),
    ]
  })
}

async function withLauncher(
  work: (launcher: string, home: string) => Result[] | Promise<Result[]>,
): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-single-'))
  try {
    return await work(buildLauncher(folder), join(folder, 'home'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As files, and as what a download would be. */
function sizes(launcher: string): Result[] {
  const mib = (bytes: number): number => bytes / 1024 / 1024
  const size = (file: string): number => mib(statSync(file).size)
  const packed = (file: string): number =>
    mib(Number(exec('sh', '-c', 'xz -6 -T0 -c "$1" | wc -c', 'size', file)))
  const single = singleFile()
  return [
    compared('size of the single file, against node alone', size(single), size(NODE), 'MiB', 1),
    compared('the same as a download (xz), against itself', packed(single), size(single), 'MiB', 0.3),
    compared('the same, against the launcher (gzip inside)', size(single), size(launcher), 'MiB', 4),
  ]
}

function inTurns(...programs: readonly (() => number)[]): number[] {
  const times = programs.map((): number[] => [])
  for (let run = 0; run < RUNS; run += 1) {
    for (const [index, program] of programs.entries()) times[index]?.push(program())
  }
  return times.map(median)
}

function runMs([program, ...args]: readonly [string, ...string[]], home: string): number {
  const start = performance.now()
  const { status } = spawnSync(program, args, {
    stdio: 'ignore',
    env: { ...process.env, LVSCARE_UNPACK: home },
  })
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
  return performance.now() - start
}

interface Memory {
  readonly rss: number
  /** What the kernel cannot take back: pages of programs it can, and other processes of node share them. */
  readonly written: number
}

function memoryOf(pid: number | undefined): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  const written = Number(/^Private_Dirty: +(\d+) kB$/m.exec(rollup)?.[1]) / 1024
  return { rss: residentMiB(pid), written }
}

function compared(
  what: string,
  ours: number | undefined,
  rival: number | undefined,
  unit: string,
  target: number,
): Result {
  if (ours === undefined || rival === undefined) throw new Error(`${what}: nothing measured`)
  const text = (value: number): string => `${value.toFixed(1)} ${unit}`
  return { what, ours: text(ours), rival: text(rival), ratio: ours / rival, rule: 'at most', target }
}
