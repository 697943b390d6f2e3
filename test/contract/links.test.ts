import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DOCUMENTS, document, ROOT, source } from './support/documents.ts'
import { anchorOf } from './support/markdown.ts'

/** Everything a document can be linked at. */
function anchors(file: string): Set<string> {
  const found = new Set<string>()
  for (const { title } of document(file).headings) {
    const anchor = anchorOf(title)
    const twins = [...found].filter((one) => one.replace(/-\d+$/, '') === anchor).length
    found.add(twins === 0 ? anchor : `${anchor}-${twins}`)
  }
  return found
}

/** What is wrong with a link; nothing for one that leads out of the repository. */
function problem(file: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : normalize(join(dirname(file), decodeURI(path)))
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return `${link}: there is no such file`
  if (anchor === undefined) return undefined
  if (statSync(join(ROOT, target)).isDirectory() || !target.endsWith('.md'))
    return `${link}: it has no headings`
  return anchors(target).has(anchor) ? undefined : `${link}: there is no such heading`
}

/** Paths that sentences name, but for those that stand for others, such as NAME. */
function namedPaths(file: string): string[] {
  const found = source(file).matchAll(/`((?:packages|scripts|docs|deploy|native|test)\/[\w./-]+\.\w+)`/g)
  return [...found].map(([, path = '']) => path).filter((path) => !/\b[A-Z]{2,}\b|\bdist\//.test(path))
}

describe('links', () => {
  it.each(DOCUMENTS.map((file) => [file]))('of %s lead somewhere', (file) => {
    const problems = document(file).links.flatMap((link) => problem(file, link) ?? [])
    expect(problems).toEqual([])
  })

  it.each(DOCUMENTS.map((file) => [file]))('and paths in the sentences of %s lead to files', (file) => {
    // Where a test stands beside its source, docs/testing.md gives an example of.
    const missing = namedPaths(file).filter((path) => path !== 'test/path/route.test.ts')
    expect(missing.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it.each(DOCUMENTS)('of %s: nothing was left to be filled in', (file) => {
    expect(source(file)).not.toMatch(/@[A-Z]+@|\bTODO\b|\bTBD\b|\bFIXME\b/)
  })

  it('would be found broken', () => {
    expect(problem('docs/cli.md', 'nowhere.md')).toBe('nowhere.md: there is no such file')
    expect(problem('docs/cli.md', 'status.md#nothing')).toBe('status.md#nothing: there is no such heading')
    expect(problem('docs/cli.md', '#exit-codes')).toBeUndefined()
    expect(problem('docs/cli.md', '../README.md')).toBeUndefined()
    expect(problem('docs/cli.md', '../../README.md')).toBe('../../README.md: there is no such file')
  })
})
