// prepack.mjs [FOLDER]: makes a package ready to be packed; npm runs it in the package's folder before `npm pack` and
// `npm publish`. Builds what is missing or old, takes away what no source stands for, brings the licence and the changes.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = resolve(process.argv[2] ?? '.')
const dist = join(folder, 'dist')
const { name, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** Files at the root that every tarball carries. */
const FROM_ROOT = ['LICENSE', 'CHANGELOG.md']
/** What lies in dist and is not the compiler's output for a source. */
const OTHER = new Set(['tsconfig.tsbuildinfo', ...(name === 'lvscare' ? ['lvscare.cjs'] : [])])

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** One compiler at a time: two would write the same files, and somebody could pack half of one. */
function compile(...args) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  run('flock', join(root, 'node_modules/.prepack.lock'), process.execPath, tsc, '-b', folder, ...args)
}

function filesBelow(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
}

const outputs = filesBelow(join(folder, 'src')).flatMap((source) =>
  ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => source.replace(/\.ts$/, ending)),
)
const isComplete = () => outputs.every((output) => existsSync(join(dist, output)))

compile()
// The compiler believes its notes, and does not look whether what it once wrote is still there.
if (!isComplete()) compile('--force')
if (!isComplete()) throw new Error(`${dist} lacks the output for a source after a build`)
if (OTHER.has('lvscare.cjs')) run(process.execPath, join(root, 'scripts/build.mjs'))

const wanted = new Set(outputs)
for (const file of filesBelow(dist).filter((one) => !wanted.has(one) && !OTHER.has(one))) {
  console.error(`prepack: removing dist/${file}, for which there is no source`)
  rmSync(join(dist, file))
}

for (const file of FROM_ROOT) {
  const [from, to] = [join(root, file), join(folder, file)]
  if (!existsSync(to) || !readFileSync(from).equals(readFileSync(to))) copyFileSync(from, to)
}

// npm packs the modes as they are, and those follow the umask of who builds: the same sources, other bytes.
const programs = new Set(Object.values(bin).map((file) => join(folder, file)))
const packed = ['dist', 'src'].flatMap((part) =>
  filesBelow(join(folder, part)).map((file) => join(part, file)),
)
for (const file of [...packed, ...FROM_ROOT, 'README.md', 'package.json']) {
  const path = join(folder, file)
  chmodSync(path, programs.has(path) ? 0o755 : 0o644)
}
