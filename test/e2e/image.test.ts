import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const LIST = '/usr/share/doc/lvscare/lvscare.cdx.json'
const PROGRAM = '/usr/lib/lvscare/lvscare.cjs'

/** What of CycloneDX is looked at here. */
interface Component {
  readonly type: string
  readonly 'bom-ref': string
  readonly name: string
  readonly version?: string
  readonly purl?: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses?: readonly unknown[]
  readonly components?: readonly Component[]
}

interface Bom {
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** One file or link of the image. */
interface Placed {
  readonly mode: string
  readonly modified: number
  readonly sha256: string
}

/** Whose file is in which version is what Debian's package manager knows. */
function noDebian(): string | undefined {
  if (spawnSync('dpkg', ['--version']).status === 0) return undefined
  if (process.env['CI'] === 'true') throw new Error('there is no dpkg: CI must run this on Debian')
  return 'no dpkg here: the image is made on Debian'
}

const reason = noDebian()

function node(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root })
  expect(stderr).toBe('')
  expect(status).toBe(0)
}

/** Every file below both layers, by its place in the image. */
function filesIn(target: string): Map<string, Placed> {
  const files = new Map<string, Placed>()
  for (const layer of ['runtime', 'guard']) {
    const names = readdirSync(join(target, layer), { recursive: true, encoding: 'utf8' })
    for (const name of names) {
      const file = join(target, layer, name)
      const { mode, mtimeMs } = lstatSync(file)
      const isLink = lstatSync(file).isSymbolicLink()
      const content = isLink ? readlinkSync(file) : lstatSync(file).isFile() ? readFileSync(file) : ''
      const sha256 = createHash('sha256').update(content).digest('hex')
      files.set(`/${name}`, { mode: mode.toString(8), modified: mtimeMs, sha256 })
    }
  }
  return files
}

/** The text of the bundle and of every part that is packed in it. */
function textsOf(source: string): string[] {
  const packed = [...source.matchAll(/Buffer\.from\(["'`]([A-Za-z0-9+/=]{100,})/g)]
  const inner = packed.map(([, base64 = '']) => gunzipSync(Buffer.from(base64, 'base64')).toString('latin1'))
  return [source, ...inner.flatMap(textsOf)]
}

function flat(components: readonly Component[]): Component[] {
  return components.flatMap((one) => [one, ...flat(one.components ?? [])])
}

describe.skipIf(reason !== undefined)(`what is in the image${reason ? ` (${reason})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-image-'))
  const target = join(folder, 'root')
  let bom: Bom
  let all: Component[]
  let files: Map<string, Placed>

  beforeAll(() => {
    node('scripts/build.mjs')
    node('scripts/image/fill-root.mjs', target, join(folder, 'list.json'))
    files = filesIn(target)
    bom = JSON.parse(readFileSync(join(folder, 'list.json'), 'utf8')) as Bom
    all = flat(bom.components)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Files and links, without folders. */
  function regular(): Map<string, Placed> {
    return new Map([...files].filter(([, { mode }]) => !mode.startsWith('40')))
  }

  it('is a program, its libraries and documents: no shell, and nothing that raises privileges', () => {
    const programs = [...regular()].filter(([, { mode }]) => mode === '100755').map(([path]) => path)
    const others = programs.filter((path) => !/^\/(?:usr\/)?lib(?:32|64)?\/.*\.so(?:\.\d+)*$/.test(path))
    expect(others.sort()).toEqual(['/usr/bin/node', PROGRAM])
    expect(new Set([...files.values()].map(({ mode }) => mode))).toEqual(
      new Set(['40755', '100755', '100644', '120777']),
    )
    const natives = [...files.keys()].filter((path) => path.endsWith('.node'))
    expect(natives).toHaveLength(1)
  })

  it('starts with what is in the image, and is where a manifest for lvscare looks for it', () => {
    const program = readFileSync(join(target, 'guard', PROGRAM), 'utf8')
    expect(program.split('\n', 1)).toEqual(['#!/usr/bin/node'])
    expect(readlinkSync(join(target, 'guard/usr/bin/lvscare'))).toBe('../lib/lvscare/lvscare.cjs')
  })

  it('does not tell where, when and by whom it was made', () => {
    expect(new Set([...files.values()].map(({ modified }) => modified))).toEqual(new Set([0]))
    const texts = textsOf(readFileSync(join(target, 'guard', PROGRAM), 'utf8'))
    expect(texts.length).toBeGreaterThan(2)
    texts.push(readFileSync(join(folder, 'list.json'), 'utf8'))
    for (const text of texts) expect(text.includes(root)).toBe(false)
  })

  it('is the same when it is made again, whatever new files of this user may be', () => {
    const again = join(folder, 'again')
    const script = 'umask 077; exec "$0" scripts/image/fill-root.mjs "$1"'
    const { status } = spawnSync('sh', ['-c', script, process.execPath, again], { cwd: root })
    expect(status).toBe(0)
    expect(filesIn(again)).toEqual(files)
  })

  it('refuses to fill a folder twice', () => {
    const args = [join(root, 'scripts/image/fill-root.mjs'), target]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, `image: ${target}/runtime is there already\n`])
  })

  describe('the list of contents', () => {
    it('is a document of CycloneDX 1.5, without a time and a number that is drawn', () => {
      expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 })
      expect(bom).toHaveProperty('metadata.component.type', 'container')
      for (const key of ['serialNumber', 'metadata.timestamp']) expect(bom).not.toHaveProperty(key)
      const types = new Set(all.map(({ type }) => type))
      expect(types).toEqual(new Set(['application', 'library', 'file']))
    })

    it('gives each component a name of its own, a version, and a package URL; who ships has a licence', () => {
      const refs = all.map((one) => one['bom-ref'])
      expect(refs.length).toBe(new Set(refs).size)
      for (const { type, version, purl } of all) {
        if (type === 'file') continue
        expect(version).toMatch(/^\S+$/)
        expect(purl).toMatch(/^pkg:(?:npm|deb\/debian|generic)\/[^@]+@[^@]+$/)
      }
      for (const { name, licenses, components = [] } of bom.components) {
        expect(licenses, name).toHaveLength(1)
        expect(components.some((one) => one.name.startsWith('/usr/share/doc/lvscare/licenses/'))).toBe(true)
      }
    })

    it('has every file of the image, with its hash, and no other; only itself it cannot have', () => {
      const listed = all.filter(({ type }) => type === 'file')
      expect(listed.map(({ name }) => name).sort()).toEqual(
        [...regular().keys()].filter((path) => path !== LIST).sort(),
      )
      for (const { name, hashes } of listed) {
        if (hashes === undefined) expect(files.get(name)?.mode).toBe('120777')
        else expect(hashes).toEqual([{ alg: 'SHA-256', content: files.get(name)?.sha256 }])
      }
      expect(readFileSync(join(target, 'guard', LIST))).toEqual(readFileSync(join(folder, 'list.json')))
    })

    it('has what is bundled in the versions of the lock file, what node brings, and the libraries', () => {
      const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, { version?: string }>
      }
      const versions = new Map(all.map(({ purl, version }) => [purl?.split('@')[0], version]))
      for (const name of ['undici', 'pino', 'prom-client', 'yargs', 'ipaddr.js', 'koffi']) {
        expect(versions.get(`pkg:npm/${name}`), name).toBe(lock.packages[`node_modules/${name}`]?.version)
      }
      expect(versions.get('pkg:generic/node')).toBe(process.versions.node)
      expect(versions.get('pkg:generic/openssl')).toBe(process.versions.openssl)
      expect(versions.has('pkg:deb/debian/libc6')).toBe(true)
      // Its place is kept by an empty shell: scripts/left-out.mjs.
      expect(versions.has('pkg:npm/thread-stream')).toBe(false)
    })

    it('says who needs whom, by names that are there', () => {
      const refs = new Set(['image', ...all.map((one) => one['bom-ref'])])
      for (const { ref, dependsOn } of bom.dependencies) {
        for (const name of [ref, ...dependsOn]) expect(refs).toContain(name)
      }
    })
  })
})
