// main.mjs FOLDER: writes what node makes a single executable application of: the program, koffi's native module, the
// licences of all that is inside, and the configuration. Same input, same bytes: no path of this machine is in them.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { licences } from './licences.mjs'

const [, , folder = '.'] = process.argv
const root = fileURLToPath(new URL('../..', import.meta.url))
const text = (path) => readFileSync(join(root, path), 'utf8')

/** The prelude, and behind it the very bundle that others run, as a CommonJS module of its own. */
function program() {
  const bundle = text('packages/lvscare/dist/lvscare.cjs').replace(/^#!.*\n/, '')
  const names = ['require', 'module', 'exports', '__filename', '__dirname']
  return [
    text('scripts/single-file/prelude.cjs'),
    `;(function (${names.join(', ')}) {`,
    bundle,
    `})(requireOfBundle, ${names.slice(1).join(', ')})`,
  ].join('\n')
}

/** koffi's package for this platform, as the lock file names its folder. */
const KOFFI = `node_modules/@koromix/koffi-${process.platform}-${process.arch}`

/** The native module for the libc that this node is linked with. */
function nativeModule() {
  const { platform, arch, report } = process
  const libc = report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : platform
  return join(root, KOFFI, `${libc}_${arch}`, 'koffi.node')
}

writeFileSync(join(folder, 'main.cjs'), program())
writeFileSync(join(folder, 'LICENCES.txt'), licences(root, [KOFFI, 'node_modules/koffi']))
copyFileSync(nativeModule(), join(folder, 'koffi.node'))
writeFileSync(
  join(folder, 'sea.json'),
  JSON.stringify({
    main: 'main.cjs',
    output: 'sea.blob',
    disableExperimentalSEAWarning: true,
    // Compiled code would save two milliseconds of sixty, and differs from one build to the next.
    useCodeCache: false,
    assets: { 'koffi.node': 'koffi.node', 'LICENCES.txt': 'LICENCES.txt' },
  }),
)
