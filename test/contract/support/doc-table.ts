import { readFileSync } from 'node:fs'

/** One row of a table: its cells by the titles of the columns. */
export type DocRow = Readonly<Record<string, string>>

/** A page of docs/. */
export function page(name: string): string {
  return readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')
}

/** The rows of the table whose first column is called `first`; throws when the page does not have exactly one. */
export function table(text: string, first: string): DocRow[] {
  const found = tables(text).filter(([titles]) => titles?.[0] === first)
  if (found.length !== 1) throw new Error(`${found.length} tables begin with a column "${first}"`)
  const [titles = [], , ...rows] = found[0] ?? []
  return rows.map((cells) => {
    if (cells.length !== titles.length) throw new Error(`not ${titles.length} cells: ${cells.join(' | ')}`)
    return Object.fromEntries(titles.map((title, at) => [title, cells[at] ?? '']))
  })
}

/** The words in backquotes of a cell. */
export function quoted(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

/** The only word in backquotes of a cell; empty when there is none. */
export function word(cell: string | undefined): string {
  const words = quoted(cell)
  if (words.length > 1) throw new Error(`more than one word: ${cell}`)
  return words[0] ?? ''
}

/** Every table of a text: its rows of cells, titles first and the line below them second. */
export function tables(text: string): string[][][] {
  const blocks = text.split('\n').reduce<string[][]>(
    (list, line) => {
      if (!line.startsWith('|')) list.push([])
      else list.at(-1)?.push(line)
      return list
    },
    [[]],
  )
  return blocks.filter((lines) => lines.length > 1).map((lines) => lines.map(cellsOf))
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim())
}
