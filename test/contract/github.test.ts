import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../.github/ISSUE_TEMPLATE/', import.meta.url))
// The installer's own: nothing else here reads YAML.
const { parse } = createRequire(new URL('../../packages/installer/package.json', import.meta.url))('yaml')

/** A form for issues, as far as GitHub refuses it without. */
interface Form {
  readonly name: string
  readonly description: string
  readonly body: readonly { readonly type: string; readonly id?: string; readonly attributes: object }[]
}

describe('forms for issues', () => {
  const names = readdirSync(folder).filter((name) => name !== 'config.yml')

  it.each(names)('%s has what GitHub requires', (name) => {
    const { name: title, description, body }: Form = parse(readFileSync(folder + name, 'utf8'))
    expect(title).toMatch(/\w/)
    expect(description).toMatch(/\w/)
    const questions = body.filter(({ type }) => type !== 'markdown')
    for (const { type, id, attributes } of questions) {
      expect(['textarea', 'input', 'dropdown', 'checkboxes']).toContain(type)
      expect(id).toMatch(/^[\w-]+$/)
      expect(attributes).toHaveProperty('label')
    }
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length)
    expect(questions.length).toBeGreaterThan(0)
  })

  it('ask for what the doctor says', () => {
    expect(readFileSync(`${folder}bug.yml`, 'utf8')).toMatch(/lvscare doctor --json.*ipvsadm -Ln/s)
  })

  it('lead to private reports for weaknesses', () => {
    const { contact_links: links } = parse(readFileSync(`${folder}config.yml`, 'utf8'))
    expect(links.map(({ url }: { url: string }) => url)).toContain(
      'https://github.com/lvscare/lvscare/security/advisories/new',
    )
  })
})
