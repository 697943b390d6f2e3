import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

const PACKAGE = join(import.meta.dirname, '../..')
const CACHE = process.env['LVSCARE_CACHE'] || join(PACKAGE, '../../.cache')
const INSTALLED = join(CACHE, 'ffi-napi')

/** Where scripts/ffi-napi.sh installs: taken unless somebody names another place or has the package beside us. */
export function useInstalledFfiNapi(): void {
  if (existsSync(join(INSTALLED, 'node_modules/ffi-napi'))) process.env['LVSCARE_FFI_PATH'] ||= INSTALLED
}

// A binding that loads may still abort the process at a call or at a garbage collection.
const PROBE = `
  import { loadLibc } from './load.ts'
  process.on('uncaughtException', (error) => {
    console.error(error.message)
    process.exit(1)
  })
  const libc = loadLibc(process.argv[1])
  libc.close(libc.socket(16, 3, 16))
  for (let call = 0; call < 1000; call += 1) {
    try { libc.recv(-1, new Uint8Array(64), 0) } catch (error) { if (error.errno !== 'EBADF') throw error }
    if (call % 250 === 0) globalThis.gc()
  }
`

/** Why a binding cannot be used here, found out in a process of its own; undefined when it works. */
export function whyUnusable(binding: string): string | undefined {
  const { stderr, status, signal, error } = spawnSync(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', probeProgram(), binding],
    // Bare names in a program given on the command line are looked up from the working directory.
    { cwd: PACKAGE, encoding: 'utf8', timeout: 30_000 },
  )
  if (status === 0) return undefined
  const said = error?.message ?? stderr.trim().split('\n')[0]
  return `its process ended with ${signal ?? `exit code ${status}`} (${said}); ${installOutcome()}`
}

/** The very code that the package runs, so that it is this that is probed and not a copy. */
function probeProgram(): string {
  const { outputFiles } = buildSync({
    stdin: { contents: PROBE, resolveDir: join(PACKAGE, 'src/libc'), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

function installOutcome(): string {
  const file = join(INSTALLED, 'outcome.txt')
  if (!existsSync(file)) return 'scripts/ffi-napi.sh was not run'
  return `scripts/ffi-napi.sh said: ${readFileSync(file, 'utf8').split('\n')[0]}`
}
