import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockText, hostsBytes, hostsOf, hostsParts, hostsText } from '../../src/hosts/block.ts'
import { anyText, foreignText, hostsLines } from './arbitraries.ts'

const LINES = [{ address: '10.103.97.2', name: 'apiserver.cluster.local' }]
const BLOCK = `# BEGIN lvscare-installer: do not edit, these lines are replaced
10.103.97.2 apiserver.cluster.local
# END lvscare-installer
`
const BEGIN = '# BEGIN lvscare-installer: do not edit, these lines are replaced\n'
const END = '# END lvscare-installer\n'
const RUNS = { numRuns: 3000 }

describe('hostsText', () => {
  it.each([
    ['puts a new block first', '127.0.0.1 localhost\n', `${BLOCK}127.0.0.1 localhost\n`],
    ['also where no newline ends the file', '127.0.0.1 localhost', `${BLOCK}127.0.0.1 localhost`],
    ['makes a file of nothing', '', BLOCK],
    ['replaces a block where it stands', `a\n${BEGIN}1.1.1.1 old\n2.2.2.2 old\n${END}b`, `a\n${BLOCK}b`],
    ['replaces an empty block', `${BEGIN}${END}`, BLOCK],
    ['knows a block that went through Windows', `a\r\n${BLOCK.replaceAll('\n', '\r\n')}b`, `a\r\n${BLOCK}b`],
    ['knows a block at the very end', `a\n${BLOCK.slice(0, -1)}`, `a\n${BLOCK}`],
    ['knows a block of another release', `# BEGIN lvscare-installer\nx\n${END}`, BLOCK],
    ['leaves one of two blocks', `${BEGIN}x\n${END}a\n${BEGIN}y\n${END}b\n`, `${BLOCK}a\nb\n`],
    ['keeps what a block without an end would take with it', `a\n${BEGIN}x\nb\n`, `${BLOCK}a\nx\nb\n`],
    ['keeps what stands before an end without a block', `a\n${END}b\n`, `${BLOCK}a\nb\n`],
    ['takes the nearer of two beginnings', `${BEGIN}a\n${BEGIN}x\n${END}`, `a\n${BLOCK}`],
    // Half of a character of UTF-8, and a blank only to who takes it for one of latin1.
    [
      'leaves a marker that a byte follows',
      `# END lvscare-installer\xa0\na`,
      `${BLOCK}# END lvscare-installer\xa0\na`,
    ],
    ['leaves what only looks like a marker', ` ${BEGIN}#${END}`, `${BLOCK} ${BEGIN}#${END}`],
  ])('%s', (_what, before, after) => {
    expect(hostsText(before, LINES)).toBe(after)
    expect(hostsText(after, LINES)).toBe(after)
  })

  it('takes the block out, with several lines or none', () => {
    expect(hostsText(`a\n${BLOCK}b`, [])).toBe('a\nb')
    expect(hostsText(`a\n${BEGIN}${END}`, [])).toBe('a\n')
    expect(hostsText('a', [])).toBe('a')
  })

  it('gives back exactly the bytes that were there when the block goes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), hostsLines, (bytes, lines) => {
        const text = hostsOf(bytes)
        fc.pre(hostsParts(text).every(({ kind }) => kind === 'foreign'))
        expect(hostsBytes(hostsText(hostsText(text, lines), []))).toEqual(Buffer.from(bytes))
      }),
      RUNS,
    )
    fc.assert(
      fc.property(foreignText, hostsLines, (text, lines) => {
        expect(hostsText(hostsText(text, lines), [])).toBe(text)
      }),
      RUNS,
    )
  })

  it('changes no byte outside our lines, whatever stands where', () => {
    fc.assert(
      fc.property(anyText, hostsLines, (text, lines) => {
        const foreign = foreignOf(text)
        expect(foreignOf(hostsText(text, lines))).toBe(foreign)
        expect(hostsText(text, [])).toBe(foreign)
      }),
      RUNS,
    )
  })

  it('is done after one time', () => {
    fc.assert(
      fc.property(anyText, hostsLines, (text, lines) => {
        const once = hostsText(text, lines)
        expect(hostsText(once, lines)).toBe(once)
        const ours = hostsParts(once).filter(({ kind }) => kind !== 'foreign')
        expect(ours.map(({ kind }) => kind)).toEqual(lines.length > 0 ? ['block'] : [])
      }),
      RUNS,
    )
  })

  it('ends in the same text whatever was set before', () => {
    fc.assert(
      fc.property(foreignText, fc.array(hostsLines, { maxLength: 5 }), hostsLines, (text, history, last) => {
        const changed = history.reduce((now, lines) => hostsText(now, lines), text)
        expect(hostsText(changed, last)).toBe(hostsText(text, last))
      }),
      RUNS,
    )
  })
})

describe('hostsParts', () => {
  it('is the whole file, with the numbers of its lines', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parts = hostsParts(text)
        expect(parts.flatMap(({ lines }) => lines).join('')).toBe(text)
        let line = 1
        for (const part of parts) {
          expect(part.line).toBe(line)
          line += part.lines.length
        }
      }),
      RUNS,
    )
  })
})

describe('blockText', () => {
  it('is in /etc/hosts as documented', () => {
    expect(blockText(LINES)).toBe(BLOCK)
    expect(blockText([])).toBe('')
  })
})

/** What is not ours, found in another way: line by line, with the markers taken as parentheses. */
function foreignOf(text: string): string {
  const pieces = text.split(/(?<=\n)/).map((line) => {
    if (/^# BEGIN lvscare-installer(:[^\n]*)?[ \t\v\f\r\n]*$/.test(line)) return { mark: '(', line }
    return { mark: /^# END lvscare-installer[ \t\v\f\r\n]*$/.test(line) ? ')' : 'x', line }
  })
  const marks = pieces.map(({ mark }) => mark).join('')
  const kept = marks.replace(/\(x*\)/g, (block) => '-'.repeat(block.length)).replace(/[()]/g, '-')
  return pieces.flatMap(({ line }, index) => (kept[index] === 'x' ? [line] : [])).join('')
}
