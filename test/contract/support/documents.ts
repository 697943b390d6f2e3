import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Markdown, markdown } from './markdown.ts'

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url))

/** Folders with what is not ours, or not written by hand. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cache'])

/** Every Markdown file of the repository, by its path from the root. */
export const DOCUMENTS: readonly string[] = markdownFiles('').sort()

/** The text of a file, by its path from the root. */
export function source(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** A document, taken apart. */
export function document(file: string): Markdown {
  return markdown(file, source(file))
}

function markdownFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return SKIPPED.has(entry.name) || /^dist-/.test(entry.name) ? [] : markdownFiles(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}
