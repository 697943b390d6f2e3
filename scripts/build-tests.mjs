// Bundles the programs of the real-kernel suite, the demo and the benchmarks: one file each starts fast in emulation.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const tests = join(root, 'test')

const { version } = JSON.parse(readFileSync(join(root, 'packages/installer/package.json'), 'utf8'))

/** Parts of names, separated by commas; nothing: every file. */
const only = (process.env.LVSCARE_ONLY ?? '').split(',')

/** One program that holds every *.ktest.ts, in the order of their names. */
const suite = readdirSync(join(tests, 'kernel'))
  .filter((name) => name.endsWith('.ktest.ts') && only.some((part) => name.includes(part)))
  .sort()
  .map((name) => `import './${name}'`)
  .join('\n')

const common = {
  // Elsewhere for who builds while others do: two levels below the root, as programs look for the daemon from there.
  outdir: resolve(process.env.LVSCARE_TEST_DIST || join(tests, 'dist')),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['@lvscare/source'],
  // ssh2 looks for native helpers, and does without.
  external: ['koffi', 'ffi-napi', 'cpu-features', '*.node'],
  sourcemap: 'inline',
  sourcesContent: false,
  banner: {
    // ssh2 is CommonJS to the bone.
    js: [
      "import { createRequire as __createRequire } from 'node:module'",
      'const require = __createRequire(import.meta.url), __dirname = import.meta.dirname',
    ].join('\n'),
  },
  logLevel: 'warning',
}

await build({
  ...common,
  stdin: { contents: suite, resolveDir: join(tests, 'kernel'), sourcefile: 'suite.ts', loader: 'ts' },
  outdir: undefined,
  outfile: join(common.outdir, 'suite.mjs'),
})
await build({
  ...common,
  entryPoints: {
    apiserver: join(tests, 'lab/apiserver-program.ts'),
    attempt: join(tests, 'lab/attempt-program.ts'),
    echo: join(tests, 'lab/echo-program.ts'),
    kubeadm: join(tests, 'lab/kubeadm-program.ts'),
    kubelet: join(tests, 'lab/kubelet-program.ts'),
    crash: join(tests, 'lab/crash-program.ts'),
    'ipvs-probe': join(tests, 'lab/ipvs-probe-program.ts'),
    watch: join(tests, 'lab/watch-program.ts'),
    capture: join(tests, 'capture/capture.ts'),
    demo: join(tests, 'demo/demo.ts'),
    bench: join(tests, 'bench/bench.ts'),
    soak: join(tests, 'soak/soak.ts'),
    'soak-virtual': join(tests, 'soak/soak-virtual.ts'),
    fuzz: join(tests, 'fuzz/fuzz.ts'),
    publish: join(tests, 'bench/failover/publish.ts'),
    'ssh-nodes': join(tests, 'bench/ssh-nodes-program.ts'),
    'probe-target': join(tests, 'bench/probe-target.ts'),
    'probe-guard': join(tests, 'bench/probe-guard.ts'),
    'pass-guard': join(tests, 'bench/pass-guard.ts'),
  },
})
// The program of the operator: without the map it starts in half the time, where all is emulated.
await build({
  ...common,
  entryPoints: { installer: join(root, 'packages/installer/src/bin.ts') },
  define: { __VERSION__: JSON.stringify(version) },
  sourcemap: false,
})
