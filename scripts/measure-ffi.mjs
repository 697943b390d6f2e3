// node scripts/measure-ffi.mjs [DIRECTORY...]: the table of docs/decisions/0001-ffi.md. Measures koffi, ffi-napi from each
// DIRECTORY that has one in its node_modules (default: .cache/ffi-napi, see ffi-napi.sh), and an empty loop.
// CALLS=240000 and REPEATS=3 (medians are told) can be set in the environment.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')
const CACHE = process.env.LVSCARE_CACHE || join(ROOT, '.cache')
const REPEATS = Number(process.env.REPEATS || 3)
const CALLS = Number(process.env.CALLS || 240_000)

/** The package's own binding code, as plain JavaScript where `require('koffi')` finds the repository's. */
function buildLibc() {
  const out = join(ROOT, '.cache/measure-ffi/libc.mjs')
  mkdirSync(join(out, '..'), { recursive: true })
  buildSync({
    entryPoints: [join(ROOT, 'packages/netlink/src/libc/load.ts')],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return out
}

function bindings(directories) {
  const ffi = directories.map((directory) => {
    const file = join(directory, 'node_modules/ffi-napi/package.json')
    if (!existsSync(file)) return { title: `ffi-napi in ${directory}`, missing: outcome(directory) }
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
    return { title: `${name} ${version}`, binding: 'ffi-napi', env: { LVSCARE_FFI_PATH: resolve(directory) } }
  })
  const { version } = createRequire(import.meta.url)('koffi')
  return [{ title: `koffi ${version}`, binding: 'koffi' }, ...ffi, { title: 'empty loop', binding: 'none' }]
}

function outcome(directory) {
  const file = join(directory, 'outcome.txt')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : 'not installed'
}

/** One measurement in a process of its own, so that none inherits another's heap. */
function measure(libc, { binding, env }, mode) {
  const child = join(import.meta.dirname, 'measure-ffi-child.mjs')
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', child, libc, binding, mode, String(CALLS)],
    { env: { ...process.env, ...env }, encoding: 'utf8' },
  )
  if (status === 0) return JSON.parse(stdout)
  throw new Error(`${binding} ${mode} ended with ${signal ?? status}: ${stderr.trim().split('\n')[0]}`)
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

/** The median of each number over all repetitions. */
function repeated(libc, one, mode) {
  const runs = Array.from({ length: REPEATS }, () => measure(libc, one, mode))
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]))
}

function row(libc, one) {
  if (one.missing) return [one.title, one.missing, '-', '-', '-', '-']
  try {
    const time = one.binding === 'none' ? undefined : repeated(libc, one, 'time')
    const growth = ['turning', 'gc'].map((mode) => repeated(libc, one, mode))
    const micros = (value) => (value === undefined ? '-' : `${value.toFixed(2)} us`)
    return [
      one.title,
      micros(time?.peek),
      micros(time?.failing),
      micros(time?.exchange),
      ...growth.map(({ first, second }) => `${first.toFixed(1)} + ${second.toFixed(1)} MB`),
    ]
  } catch (error) {
    return [one.title, error.message, '-', '-', '-', '-']
  }
}

const libc = buildLibc()
const directories = process.argv.slice(2)
const rows = bindings(directories.length > 0 ? directories : [join(CACHE, 'ffi-napi')]).map((one) =>
  row(libc, one),
)
const half = `${CALLS / 2000}k + ${CALLS / 2000}k calls`
const head = [
  'binding',
  'recv of a queued answer (MSG_PEEK)',
  'recv that fails (EBADF, thrown)',
  'send + recv',
  `RSS growth, ${half}`,
  'the same, GC forced',
]
console.log(`Node ${process.version}, ${process.arch}, median of ${REPEATS} processes\n`)
for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`)
