// Bundles the daemon into one file. koffi stays outside: it is a native module, and esbuild cannot inline it.
import { chmod, readFile } from 'node:fs/promises'
import { build } from 'esbuild'

const root = new URL('..', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('packages/lvscare/package.json', root), 'utf8'))
const outfile = new URL('packages/lvscare/dist/lvscare.mjs', root).pathname

// The CommonJS parts of the bundle (undici, pino, prom-client, yargs) call require for Node's own modules.
const banner = [
  '#!/usr/bin/env node',
  "import { createRequire as __createRequire } from 'node:module'",
  'const require = __createRequire(import.meta.url)',
].join('\n')

const result = await build({
  entryPoints: [new URL('packages/lvscare/src/bin.ts', root).pathname],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['@lvscare/source'],
  external: ['koffi', 'ffi-napi'],
  define: { __VERSION__: JSON.stringify(version) },
  banner: { js: banner },
  metafile: true,
  logLevel: 'warning',
})
await chmod(outfile, 0o755)
const [output] = Object.values(result.metafile.outputs)
console.log(`packages/lvscare/dist/lvscare.mjs: ${Math.round(output.bytes / 1024)} KiB, version ${version}`)
