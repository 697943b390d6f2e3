import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Manifest,
  manifest,
  PACKAGES,
  type PackageFolder,
  packAll,
  ROOT,
  run,
  temporary,
} from './support/tarballs.ts'

const FOLDERS = Object.keys(PACKAGES) as PackageFolder[]
const folder = temporary('packages')
const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
let tarballs: Record<PackageFolder, string>

beforeAll(() => {
  tarballs = packAll(join(folder, 'first'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

function filesIn(tarball: string): string[] {
  const lines = run('tar', ['-tzf', tarball], folder).trim().split('\n')
  return lines.map((line) => line.replace(/^package\//, '')).sort()
}

function textIn(tarball: string, file: string): string {
  return run('tar', ['-xzOf', tarball, `package/${file}`], folder)
}

/** What belongs into a tarball: the sources, the compiler's four files for each, and what every package has. */
function expectedFiles(name: PackageFolder): string[] {
  const tracked = run('git', ['ls-files', '-co', '--exclude-standard', 'src'], join(ROOT, 'packages', name))
  const sources = tracked.trim().split('\n')
  const built = sources.flatMap((source) =>
    ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) =>
      source.replace(/^src/, 'dist').replace(/\.ts$/, ending),
    ),
  )
  const bundle = name === 'lvscare' ? ['dist/lvscare.cjs'] : []
  return ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...sources, ...built, ...bundle].sort()
}

describe.each(FOLDERS)('the tarball of %s', (name) => {
  const packed = (): Manifest => JSON.parse(textIn(tarballs[name], 'package.json'))

  it('has the sources, what was built from them, the licence and the changes, and nothing else', () => {
    expect(filesIn(tarballs[name])).toEqual(expectedFiles(name))
    expect(textIn(tarballs[name], 'LICENSE')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
    expect(textIn(tarballs[name], 'CHANGELOG.md')).toBe(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))
  })

  it('has maps that lead to sources in it', () => {
    const files = new Set(filesIn(tarballs[name]))
    const maps = [...files].filter((file) => file.endsWith('.map'))
    const sources = run('tar', ['-xzOf', tarballs[name], ...maps.map((map) => `package/${map}`)], folder)
    const named = [...sources.matchAll(/"sources":\["([^"]+)"\]/g)].map(([, source = '']) => source)
    expect(named).toHaveLength(maps.length)
    for (const source of named) expect(files).toContain(source.replace(/^(?:\.\.\/)+/, ''))
  })

  it('says what npm and its users ask for', () => {
    const { version, engines } = manifest('.')
    expect(packed()).toMatchObject({
      name: PACKAGES[name],
      version,
      engines,
      license: 'Apache-2.0',
      type: 'module',
      repository: {
        type: 'git',
        url: 'git+https://github.com/lvscare/lvscare.git',
        directory: `packages/${name}`,
      },
      bugs: 'https://github.com/lvscare/lvscare/issues',
      homepage: `https://github.com/lvscare/lvscare/tree/main/packages/${name}#readme`,
      publishConfig: { access: 'public', provenance: true },
    })
    expect(packed()['description']).toMatch(/\w/)
    expect(packed()['keywords']).not.toEqual([])
  })

  it('runs nothing on the machine of who installs it', () => {
    const scripts = Object.keys(packed()['scripts'] ?? {})
    expect(scripts).toEqual(['prepack'])
  })

  it('wants its sisters, and everything else, in one exact version', () => {
    const wanted = Object.entries(packed()['dependencies'] as Record<string, string>)
    for (const [, range] of wanted) expect(range).toMatch(/^\d+\.\d+\.\d+$/)
    const ours = new Set<string>(Object.values(PACKAGES))
    for (const [other, range] of wanted) if (ours.has(other)) expect(range).toBe(packed().version)
  })

  it('is as publint wants it', async () => {
    const bytes = readFileSync(tarballs[name])
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  // The packages are ES modules only: from CommonJS, Node 20.19 and later load them by require() as well.
  it('has types that resolve for node16 and for bundlers', () => {
    const args = [attw, tarballs[name], '--profile', 'esm-only', '--format', 'json', '--no-definitely-typed']
    const { analysis } = JSON.parse(run(process.execPath, args, folder))
    const entries = Object.entries<{ resolutions: Record<string, { resolution?: unknown }> }>(
      analysis.entrypoints,
    )
    expect(entries.length).toBeGreaterThan(0)
    for (const [entry, { resolutions }] of entries)
      for (const kind of ['node16-esm', 'bundler'])
        expect(resolutions[kind]?.resolution, `${entry} under ${kind}`).toBeDefined()
  }, 60_000)
})

describe('packing', () => {
  it('makes the same bytes again, and their checksums', () => {
    const again = packAll(join(folder, 'second'))
    const sums = readFileSync(join(folder, 'second', 'SHA256SUMS'), 'utf8')
    for (const name of FOLDERS) {
      const digest = createHash('sha256').update(readFileSync(again[name])).digest('hex')
      expect(createHash('sha256').update(readFileSync(tarballs[name])).digest('hex')).toBe(digest)
      expect(sums).toContain(`${digest}  ${basename(again[name])}\n`)
    }
  }, 120_000)
})
