import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** From left to right: each may know those before it, and nobody else. */
const LAYERS = [
  { folder: 'netlink', name: '@lvscare/netlink' },
  { folder: 'ipvs', name: '@lvscare/ipvs' },
  { folder: 'lvscare', name: 'lvscare' },
  { folder: 'installer', name: '@lvscare/installer' },
] as const

function sources(folder: string): string[] {
  const src = join(packages, folder, 'src')
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(src, name), 'utf8'))
}

describe.each(LAYERS.map((layer, index) => ({ ...layer, index })))('$name', ({ folder, index }) => {
  const above = LAYERS.slice(index).map(({ name }) => name)
  const below = LAYERS.slice(0, index).map((layer) => layer.folder)

  it('imports no layer above itself', () => {
    for (const text of sources(folder)) {
      for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) {
        expect(above.filter((name) => from === name || from.startsWith(`${name}/`))).toEqual([])
        expect(from).not.toMatch(/\.\.\/(?:netlink|ipvs|lvscare|installer)\//)
      }
    }
  })

  it('names in its package.json everything that it imports, so that nobody gets it by luck', () => {
    const { name, dependencies = {} } = JSON.parse(
      readFileSync(join(packages, folder, 'package.json'), 'utf8'),
    )
    for (const text of sources(folder)) {
      for (const [, from = ''] of text.matchAll(/(?:from|import\() ?'([^'.][^']*)'/g)) {
        if (from.startsWith('node:')) continue
        const wanted = from.match(/^(?:@[^/]+\/)?[^/]+/)?.[0]
        expect([name, ...Object.keys(dependencies)]).toContain(wanted)
      }
    }
  })

  it('refers only to layers below, so that the compiler sees no other', () => {
    const { references } = JSON.parse(readFileSync(join(packages, folder, 'tsconfig.json'), 'utf8'))
    for (const { path } of references as { path: string }[]) {
      expect(below.map((name) => `../${name}`)).toContain(path)
    }
  })
})
