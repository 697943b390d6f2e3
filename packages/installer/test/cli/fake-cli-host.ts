import type { HostTarget, InstallerCliHost } from '../../src/cli/host.ts'
import { main } from '../../src/cli/main.ts'
import type { NodeHost } from '../../src/host/host.ts'

/** What a run of the command line left. */
export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly targets: readonly HostTarget[]
}

/** What a test puts in the place of the world. */
export interface World {
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  readonly signal?: AbortSignal
  /** By address, or `this node`. */
  readonly open?: (name: string, target: HostTarget) => NodeHost | Promise<NodeHost>
}

/** A host of the command line that remembers what was printed. */
export function fakeCliHost(world: World = {}): InstallerCliHost & { readonly seen: Omit<Run, 'code'> } {
  const seen = { out: '', err: '', targets: [] as HostTarget[] }
  return {
    seen,
    stdout: (text) => {
      seen.out += text
    },
    stderr: (text) => {
      seen.err += text
    },
    isTerminal: world.isTerminal ?? false,
    environment: world.environment ?? {},
    version: '1.2.3',
    readFile: async (path) => {
      const text = world.files?.[path]
      if (text === undefined)
        throw Object.assign(new Error(`ENOENT: no such file ${path}`), { code: 'ENOENT' })
      return text
    },
    openHost: async (target) => {
      seen.targets.push(target)
      if (world.open === undefined) throw new Error('no node is to be opened here')
      return await world.open(target.kind === 'ssh' ? target.address : 'this node', target)
    },
    signal: world.signal ?? new AbortController().signal,
  }
}

/** Runs the command line. */
export async function run(argv: string | readonly string[], world: World = {}): Promise<Run> {
  const host = fakeCliHost(world)
  const code = await main(typeof argv === 'string' ? argv.split(' ') : argv, host)
  return { code, ...host.seen }
}
