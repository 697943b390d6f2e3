import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HARMLESS_PROGRAMS, HARMLESS_SCRIPTS, PROGRAMS } from './documents/examples.ts'
import { install, manifest, packAll, ROOT, run, temporary } from './support/tarballs.ts'

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
    typeRoots: [join(ROOT, 'node_modules/@types')],
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
  const folder = temporary('consumer')
  const consumer = join(folder, 'consumer')
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')

  beforeAll(() => {
    install(consumer, Object.values(packAll(folder)), ['--ignore-scripts'])
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    for (const example of PROGRAMS) writeFileSync(join(consumer, `${nameOf(example)}.ts`), example.text)
    const imports = ENTRIES.map(
      (name, index) =>
        `import * as entry${index} from '${name}'\nconsole.log(Object.keys(entry${index}).length)`,
    )
    writeFileSync(join(consumer, 'entries.ts'), `${imports.join('\n')}\n`)
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

  it('compiles the programs of all documents against their types, and runs those that need no kernel', () => {
    run(process.execPath, [tsc, '-p', consumer], consumer)
    expect(HARMLESS_PROGRAMS.length).toBeGreaterThan(0)
    for (const example of HARMLESS_PROGRAMS)
      run(process.execPath, [join('out', `${nameOf(example)}.js`)], consumer)
  }, 120_000)

  it('runs the commands of all documents that need no node, as they are written', () => {
    const PATH = [join(consumer, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
    for (const script of HARMLESS_SCRIPTS) {
      const empty = join(folder, nameOf(script))
      mkdirSync(empty)
      run('bash', ['-euo', 'pipefail', '-c', script.text], empty, { ...process.env, PATH })
    }
  }, 60_000)

  it('gets something from every entry', () => {
    const counts = run(process.execPath, [join('out', 'entries.js')], consumer)
      .trim()
      .split('\n')
      .map(Number)
    expect(counts).toHaveLength(ENTRIES.length)
    for (const count of counts) expect(count).toBeGreaterThan(0)
  })

  it('gets both programs', () => {
    const { version } = manifest('.')
    for (const program of ['lvscare', 'lvscare-installer'])
      expect(run(join(consumer, 'node_modules/.bin', program), ['version', '--short'], consumer)).toBe(
        `${version}\n`,
      )
  })
})

/** A name for a file of a block: where it is from. */
function nameOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file.replaceAll(/\W/g, '-')}-${line}`
}
