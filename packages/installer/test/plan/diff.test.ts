import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stepsDiff, unifiedDiff } from '../../src/plan/diff.ts'

/** Applies a unified diff as the program patch does, and is stricter: every number and every line of it must be right. */
function patched(text: string, diff: string): string {
  const old = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const joined = diff.replaceAll('\n\\ No newline at end of file\n', '\0')
  const [from, to, ...lines] = joined.match(/[^\n\0]*[\n\0]/g) ?? []
  expect([from?.slice(0, 4), to?.slice(0, 4)]).toEqual(['--- ', '+++ '])
  const made: string[] = []
  let taken = 0
  let [oldLeft, newLeft] = [0, 0]
  for (const line of lines) {
    const header = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line.trimEnd())
    if (header !== null && oldLeft + newLeft === 0) {
      const [oldAt = 0, oldCount = 0, newAt = 0, newCount = 0] = header.slice(1).map(Number)
      made.push(...old.slice(taken, oldCount === 0 ? oldAt : oldAt - 1))
      taken = oldCount === 0 ? oldAt : oldAt - 1
      expect(made.length).toBe(newCount === 0 ? newAt : newAt - 1)
      ;[oldLeft, newLeft] = [oldCount, newCount]
      continue
    }
    const word = line.slice(1).replace('\0', '')
    if (line[0] !== '+') {
      expect(old[taken++]).toBe(word)
      oldLeft -= 1
    }
    if (line[0] !== '-') {
      made.push(word)
      newLeft -= 1
    }
  }
  expect([oldLeft, newLeft]).toEqual([0, 0])
  return [...made, ...old.slice(taken)].join('')
}

/** Texts with few different lines, so that they often agree in some. */
const texts = fc
  .tuple(fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n'), { maxLength: 14 }), fc.constantFrom('', 'end'))
  .map(([lines, end]) => lines.join('') + end)

describe('unifiedDiff()', () => {
  it('is what diff -u prints', () => {
    expect(unifiedDiff('/etc/hosts', 'a\nb\nc\nd\ne\nf\ng\nh\n', 'x\na\nb\nc\nd\ne\nf\ng\nH')).toBe(
      '--- /etc/hosts\n+++ /etc/hosts\n@@ -1,3 +1,4 @@\n+x\n a\n b\n c\n@@ -5,4 +6,4 @@\n e\n f\n g\n-h\n+H\n' +
        '\\ No newline at end of file\n',
    )
  })

  it('is empty for the same text, and names /dev/null where there is no file', () => {
    expect(unifiedDiff('x', 'a\n', 'a\n')).toBe('')
    expect(unifiedDiff('x', undefined, 'a\n')).toBe('--- /dev/null\n+++ x\n@@ -0,0 +1,1 @@\n+a\n')
    expect(unifiedDiff('x', 'a\n', undefined)).toBe('--- x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n')
  })

  it('gives patch what it needs to make one text of the other', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        fc.pre(before !== after)
        expect(patched(before, unifiedDiff('text', before, after))).toBe(after)
      }),
    )
  })

  it('gives up comparing very long texts, and is right all the same', () => {
    const lines = (word: string): string => Array.from({ length: 3000 }, (_, at) => `${word}${at}\n`).join('')
    expect(patched(lines('a'), unifiedDiff('text', lines('a'), lines('b')))).toBe(lines('b'))
  })
})

describe('stepsDiff()', () => {
  it('has one line for what is no text, and none for checks', () => {
    const step = { title: 'set it', before: 'old', after: 'new', reversible: true }
    expect(stepsDiff([{ ...step, id: 'rule x', kind: 'rule' }])).toBe('# set it\n')
    expect(stepsDiff([{ ...step, id: 'check x', kind: 'check' }])).toBe('')
    expect(stepsDiff([{ ...step, id: 'file /x', kind: 'file' }])).toContain('# set it\n--- /x\n+++ /x\n@@')
  })
})
