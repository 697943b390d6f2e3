// Bundles the daemon into one file. koffi stays outside: it is a native module, and esbuild cannot inline it.
// Why CommonJS, and why a part of it is packed: docs/decisions/0003-one-file-bundle.md.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { isLeftOut, leaveOut } from './left-out.mjs'

const root = new URL('..', import.meta.url)
const path = (name) => fileURLToPath(new URL(name, root))
const { version } = JSON.parse(await readFile(path('packages/lvscare/package.json'), 'utf8'))
const outfile = path('packages/lvscare/dist/lvscare.cjs')

/** Every file of which something is in the bundle: for the list of contents of what ships with it. */
const ingredients = new Set()

function keepIngredients({ outputs }) {
  for (const { inputs } of Object.values(outputs)) {
    for (const [name, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0 && !name.includes(':') && !isLeftOut(name)) ingredients.add(name)
    }
  }
}

const common = {
  absWorkingDir: path('.'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  conditions: ['@lvscare/source'],
  external: ['koffi', 'ffi-napi'],
  define: { __VERSION__: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
  logLevel: 'warning',
}

/** A module that is imported late, as text that V8 need not look into before it is asked for. */
async function packed(entry) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [entry],
    // What such a module imports late itself is packed once more.
    plugins: [leaveOut, packLate],
    write: false,
    metafile: true,
    // Memory follows the size of the text several times over. Functions keep their names, for the stack traces.
    minify: true,
    keepNames: true,
  })
  keepIngredients(metafile)
  return gzipSync(outputFiles[0].contents, { level: 9 }).toString('base64')
}

/** The name of a file below the root: that of the machine it was built on must not get into the bundle. */
const ours = (file) => relative(path('.'), file)

/** Puts the packed text where the sources import a module late. */
const packLate = {
  name: 'pack-late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/.*\.ts$/ }, ({ kind, path: name, resolveDir }) =>
      kind === 'dynamic-import' ? { path: ours(resolve(resolveDir, name)), namespace: 'packed' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'packed' }, async ({ path: entry }) => ({
      loader: 'js',
      resolveDir: path('.'),
      contents: `
        const { gunzipSync } = require('node:zlib')
        const { compileFunction } = require('node:vm')
        const source = gunzipSync(Buffer.from('${await packed(path(entry))}', 'base64')).toString('latin1')
        const parameters = ['module', 'exports', 'require', '__filename', '__dirname', '__bundleUrl', '__nodeRequire']
        compileFunction(source, parameters, { filename: __filename + ':${basename(entry, '.ts')}' })(
          module, module.exports, __nodeRequire, __filename, __dirname, __bundleUrl, __nodeRequire)`,
    }))
  },
}

const banner = [
  '#!/usr/bin/env node',
  "const __nodeRequire = require, __bundleUrl = require('node:url').pathToFileURL(__filename).href",
].join('\n')

// Elsewhere first: somebody may be starting the one that is there.
const unfinished = `${outfile}.${process.pid}`
const { metafile } = await build({
  ...common,
  entryPoints: [path('packages/lvscare/src/bin.ts')],
  outfile: unfinished,
  plugins: [packLate],
  banner: { js: banner },
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
})
await chmod(unfinished, 0o755)
await rename(unfinished, outfile)
keepIngredients(metafile)
await mkdir(path('dist'), { recursive: true })
const list = path('dist/lvscare.ingredients.json')
await writeFile(`${list}.${process.pid}`, `${JSON.stringify([...ingredients].sort(), null, 2)}\n`)
await rename(`${list}.${process.pid}`, list)
const [output] = Object.values(metafile.outputs)
console.log(`packages/lvscare/dist/lvscare.cjs: ${Math.round(output.bytes / 1024)} KiB, version ${version}`)
