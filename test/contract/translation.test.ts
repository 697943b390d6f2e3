import { describe, expect, it } from 'vitest'
import { type DocRow, tables } from './support/doc-table.ts'
import { document, source } from './support/documents.ts'
import type { Markdown } from './support/markdown.ts'

const FILES = ['README.md', 'README.zh-CN.md'] as const
const [english, chinese] = FILES.map(document) as [Markdown, Markdown]
const page = source('docs/performance.md')

/** Everything that is a number, in the order of the text; those of code stand in its blocks. */
function numbers(file: string): string[] {
  return [
    ...source(file)
      .replaceAll(/```[\s\S]*?```/g, '')
      .matchAll(/\d+(?:[. ]\d+)*/g),
  ].map(([text]) => text)
}

/** The links that are not from one language to the other. */
const leading = ({ links }: Markdown): string[] => links.filter((link) => !/^README\./.test(link)).sort()

describe('README.zh-CN.md', () => {
  it('has the headings of README.md, one for one', () => {
    const levels = ({ headings }: Markdown): number[] => headings.map(({ level }) => level)
    expect(levels(chinese)).toEqual(levels(english))
  })

  it('has the same blocks of code', () => {
    const code = ({ blocks }: Markdown): string[] =>
      blocks.map(({ language, text }) => `${language}\n${text}`)
    expect(code(chinese)).toEqual(code(english))
  })

  it('leads to the same places, and each to the other', () => {
    expect(leading(chinese)).toEqual(leading(english))
    expect(english.links[0]).toBe('README.zh-CN.md')
    expect(chinese.links[0]).toBe('README.md')
  })

  it('has tables of the same size, and the same numbers in them', () => {
    const cells = (file: string): string[][] =>
      tables(source(file)).map((rows) =>
        rows.flat().map((cell) => (/^[\d /]+$|^never$/.test(cell) ? cell : '')),
      )
    expect(cells(FILES[1])).toEqual(cells(FILES[0]))
  })

  it('names the same numbers in its sentences', () => {
    const words = (file: string): string[] =>
      numbers(file)
        .filter((text) => text.length > 1)
        .sort()
    expect(words(FILES[1])).toEqual(words(FILES[0]))
  })
})

describe('the numbers of README.md', () => {
  const measured = measurements()

  it.each(tableOf('Fault').map((row) => [row['Fault'], row['Milliseconds until'], row] as const))(
    '%s, %s: are those of docs/performance.md',
    (fault, until, row) => {
      const found = measured.find((one) => one['fault'] === fault && one['ms until'] === until)
      for (const guard of ['lvscare', 'keepalived 2.2.7', 'haproxy 2.6'])
        expect(row[guard]).toBe(found?.[guard])
    },
  )
})

function tableOf(first: string): DocRow[] {
  return rowsOf(source('README.md'), first)
}

function measurements(): DocRow[] {
  return rowsOf(page.split('<!-- failover: begin -->')[1] ?? '', 'fault')
}

function rowsOf(text: string, first: string): DocRow[] {
  const [titles = [], , ...rows] = tables(text).find(([head]) => head?.[0] === first) ?? []
  return rows.map((cells) => Object.fromEntries(titles.map((title, at) => [title, cells[at] ?? ''])))
}
