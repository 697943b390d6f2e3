import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from './support/documents.ts'

/** A script without types. */
const { nodeLicence } = (await import(join(ROOT, 'scripts/node-licence.mjs'))) as {
  nodeLicence: (node: string, named?: string) => string
}

const folder = mkdtempSync(join(tmpdir(), 'lvscare-licence-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A node in a folder of its own with these files beside it. */
function installed(...files: readonly string[]): { node: string; at: (file: string) => string } {
  const prefix = mkdtempSync(join(folder, 'prefix-'))
  const at = (file: string): string => join(prefix, file)
  for (const file of files) {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), '')
  }
  return { node: at('bin/node'), at }
}

describe('nodeLicence()', () => {
  it.each(['LICENSE', 'share/doc/nodejs/LICENSE', 'share/doc/node/LICENSE', 'share/doc/nodejs/copyright'])(
    'finds %s below the folder of the installation',
    (file) => {
      const { node, at } = installed(file)
      expect(nodeLicence(node, '')).toBe(at(file))
    },
  )

  it('takes the named file before any other', () => {
    const { node, at } = installed('LICENSE', 'another')
    expect(nodeLicence(node, at('another'))).toBe(at('another'))
  })

  it('says where it looked, and does not take another one for the one that was named', () => {
    const { node, at } = installed('LICENSE')
    expect(() => nodeLicence(node, at('gone'))).toThrow('correct LVSCARE_NODE_LICENSE')
    expect(() => nodeLicence(installed().node, '')).toThrow('name it in LVSCARE_NODE_LICENSE')
  })
})
