import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGES = ['netlink', 'ipvs', 'lvscare', 'installer']

/** As strict as can be, and the packages' own declarations are checked too. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    outDir: 'out',
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
  },
  include: ['*.ts'],
}

/** Every entry of every package's exports map that is meant for others. */
const ENTRIES = [
  '@lvscare/netlink',
  '@lvscare/ipvs',
  'lvscare',
  '@lvscare/installer',
  '@lvscare/installer/testing',
]

describe('who uses the packages outside this workspace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-consumer-'))
  const consumer = join(folder, 'consumer')

  function run(command: string, args: readonly string[], cwd: string): string {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
    expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
    return stdout
  }

  beforeAll(() => {
    run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...PACKAGES.map((name) => `packages/${name}`)],
      root,
    )
    run(process.execPath, ['scripts/build.mjs'], root)
    const workspaces = PACKAGES.flatMap((name) => ['-w', `packages/${name}`])
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...workspaces], root)
    mkdirSync(consumer)
    writeFileSync(
      join(consumer, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    )
    const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
    const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
    run('npm', ['install', ...quiet, ...tarballs.map((name) => join(folder, name))], consumer)
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    for (const [index, example] of examples().entries())
      writeFileSync(join(consumer, `example-${index}.ts`), example)
    const imports = ENTRIES.map(
      (name, index) =>
        `import * as entry${index} from '${name}'\nconsole.log(Object.keys(entry${index}).length)`,
    )
    writeFileSync(join(consumer, 'entries.ts'), `${imports.join('\n')}\n`)
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('compiles against their types, and runs the examples of the README', () => {
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', consumer], consumer)
    expect(examples().length).toBeGreaterThan(0)
    for (const index of examples().keys())
      run(process.execPath, [join('out', `example-${index}.js`)], consumer)
  }, 120_000)

  it('gets something from every entry', () => {
    const counts = run(process.execPath, [join('out', 'entries.js')], consumer)
      .trim()
      .split('\n')
      .map(Number)
    expect(counts).toHaveLength(ENTRIES.length)
    for (const count of counts) expect(count).toBeGreaterThan(0)
  })

  it('gets both programs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/installer/package.json'), 'utf8'))
    for (const program of ['lvscare', 'lvscare-installer'])
      expect(run(join(consumer, 'node_modules/.bin', program), ['version', '--short'], consumer)).toBe(
        `${version}\n`,
      )
  })
})

/** The TypeScript of packages/installer/README.md, a program each. */
function examples(): string[] {
  const readme = readFileSync(join(root, 'packages/installer/README.md'), 'utf8')
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text)
}
