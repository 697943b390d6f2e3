import { readStaticPod } from '@lvscare/installer'
import { afterAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { DOCUMENTS, document } from '../contract/support/documents.ts'
import type { Block } from '../contract/support/markdown.ts'
import { BLOCKS, HARMLESS_PROGRAMS, HARMLESS_SCRIPTS, isOfRepository } from './documents/examples.ts'
import { ruleOf, runsAnywhere } from './documents/programs.ts'
import { commandsOf } from './documents/shell.ts'
import { typeErrors } from './documents/types.ts'

/** What became of the commands that are not run here, for who reads the output. */
const reasons = new Map<string, Set<string>>()
afterAll(() => {
  for (const [why, programs] of reasons)
    console.log(`not run here, ${why}: ${[...programs].sort().join(' ')}`)
})

async function lookAt(script: string): Promise<void> {
  for (const command of commandsOf(script)) {
    const { why, parser } = ruleOf(command)
    await parser?.(command)
    if (!runsAnywhere(command)) reasons.set(why, (reasons.get(why) ?? new Set()).add(command.words[0] ?? ''))
  }
}

function yaml({ text }: Block): void {
  for (const one of parseAllDocuments(text)) {
    expect(one.errors).toEqual([])
    const data = one.toJS() as { kind?: string } | null
    if (data?.kind === 'Pod') expect(readStaticPod(text)).toMatchObject({ foreign: false })
  }
}

/** What is done with the blocks of each language. A language that is not here fails the test. */
const LANGUAGES: Readonly<Record<string, (block: Block) => Promise<void> | void>> = {
  sh: ({ text }) => lookAt(text),
  // What is typed stands behind a dollar; the rest is what was answered.
  console: ({ text }) => lookAt([...text.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line).join('\n')),
  // Compiled, and run where they can be: by the test on types below, and by consumer.test.ts.
  ts: () => undefined,
  yaml,
  json: ({ text }) => void JSON.parse(text),
  // Output, pictures, pieces of files that are not code.
  text: () => undefined,
  // Units and expressions: by the tests of deploy/systemd and deploy/prometheus, where the whole ones are.
}

describe('every block of code', () => {
  it.each(DOCUMENTS.map((file) => [file]))(
    'of %s is fenced, says its language, and can be used',
    async (file) => {
      const { blocks, indented } = document(file)
      expect(indented).toEqual([])
      for (const block of blocks) {
        const check = LANGUAGES[block.language]
        const where = `${file}:${block.line}`
        expect(check, `${where}: "${block.language}" is no language of LANGUAGES`).toBeDefined()
        await expect(Promise.resolve(check?.(block)), where).resolves.not.toThrow()
      }
    },
  )

  it('in TypeScript that is part of the repository has the right types', () => {
    const ours = BLOCKS.filter(({ language, text }) => language === 'ts' && isOfRepository(text))
    expect(ours.length).toBeGreaterThan(0)
    expect(typeErrors(ours)).toEqual([])
  }, 120_000)

  it('that can be run anywhere is run, by consumer.test.ts', () => {
    expect(HARMLESS_PROGRAMS.length).toBeGreaterThan(3)
    expect(HARMLESS_SCRIPTS.length).toBeGreaterThan(0)
  })
})

describe('the list of programs', () => {
  it.each([
    ['lvscare care --vs 10.103.97.2 --rs 192.0.2.1:6443', 'the port is missing'],
    ['lvscare care --vs 10.103.97.2:6443 --rs 192.0.2.1:6443 --intervall 5', '--intervall'],
    ['lvscare statsu', 'statsu'],
    ['lvscare-installer apply --mastr 192.0.2.1', '--mastr'],
    ['lvscare-installer apply --master 192.0.2.300', '192.0.2.300'],
    [
      'lvscare-installer join 10.103.97.2:6443 --master 192.0.2.1 --token-env TOKEN --discovery-token-ca-cert-hash sha256:1f0c',
      'sha256:1f0c',
    ],
    ['npm run no-such-script', 'no-such-script'],
    ['npm install --global --prefix /usr/local lvscare', 'lvscare is in no registry'],
    ['npm install --save-exact @lvscare/netlink@0.1.0', '@lvscare/netlink@0.1.0 is in no registry'],
    ['node docs/examples/nothing.ts', 'nothing.ts'],
    ['node docs/examples/add.ts --nodes 192.0.2.1', '--nodes'],
    ['docker run localhost/lvscare:0.1.0 care --vs 10.103.97.2:6443', '--rs'],
    ['kubectl exec -n kube-system POD -- lvscare status --colour', '--colour'],
    ['frobnicate --all', 'frobnicate'],
    ['cat x | frobnicate', 'frobnicate'],
    ['echo "$(frobnicate)"', 'frobnicate'],
    ['test/no-such.sh', 'no-such.sh'],
  ])('refuses %s', async (script, word) => {
    await expect(lookAt(script)).rejects.toThrow(word)
  })
})
