import fc from 'fast-check'
import { addressesOf } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { hostsText } from '../../src/hosts/block.ts'
import { hostsFindings } from '../../src/hosts/findings.ts'
import { readHosts } from '../../src/hosts/read.ts'
import { anyText, hostsLines } from './arbitraries.ts'

const NAME = 'apiserver.cluster.local'
const WANTED = [{ address: '10.103.97.2', name: NAME }]
const BEGIN = '# BEGIN lvscare-installer: x'
const END = '# END lvscare-installer'

describe('readHosts', () => {
  it('tells our block from the lines of others', () => {
    const text = `127.0.0.1 localhost\n${BEGIN}\n10.103.97.2 ${NAME}\n${END}\n10.0.0.1\tx  ${NAME} # ${NAME}\r\n`
    expect(readHosts(text, NAME)).toEqual({
      block: `${BEGIN}\n10.103.97.2 ${NAME}\n${END}\n`,
      blocks: 1,
      foreign: [{ line: 5, address: '10.0.0.1', text: `10.0.0.1\tx  ${NAME} # ${NAME}` }],
      damaged: [],
    })
  })

  it.each([
    ['in capital letters', `10.0.0.1 ${NAME.toUpperCase()}`, 1],
    ['after blanks', `  10.0.0.1 \v ${NAME}`, 1],
    ['as an alias', `10.0.0.1 a b ${NAME}`, 1],
    ['not in a comment', `10.0.0.1 a # ${NAME}\n#10.0.0.1 ${NAME}`, 0],
    ['not as a part of another name', `10.0.0.1 x${NAME} ${NAME}.old`, 0],
    ['not where the address stands', `${NAME} 10.0.0.1`, 0],
    // The second byte of an "à" is 0xa0, which Unicode calls a blank.
    ['not behind half a letter', Buffer.from(`10.0.0.1 à${NAME}`).toString('latin1'), 0],
  ])('finds the name %s', (_where, text, times) => {
    expect(readHosts(text, NAME).foreign).toHaveLength(times)
  })

  it('tells where half a block stands', () => {
    const text = `${BEGIN}\n10.0.0.9 ${NAME}\n${BEGIN}\n10.0.0.8 ${NAME}\n${END}\r\n${END}`
    const { block, blocks, foreign, damaged } = readHosts(text, NAME)
    expect({ block, blocks }).toEqual({ block: `${BEGIN}\n10.0.0.8 ${NAME}\n${END}\r\n`, blocks: 1 })
    expect(foreign.map(({ line }) => line)).toEqual([2])
    expect(damaged).toEqual([
      { line: 1, text: BEGIN },
      { line: 6, text: END },
    ])
  })

  it('finds what the guard itself would find beside the block', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        // Its reader takes every blank of Unicode, and a carriage return for the end of a comment.
        fc.pre(!/[\u00a0\v\f]|\r(?!\n)/.test(text))
        const foreign = hostsText(text, [])
        const ours = readHosts(foreign, 'localhost').foreign.map(({ address }) => address)
        expect(ours).toEqual(addressesOf('localhost', foreign))
      }),
    )
  })

  it('finds the block that was set', () => {
    fc.assert(
      fc.property(anyText, hostsLines, (text, lines) => {
        const { blocks, block, damaged } = readHosts(hostsText(text, lines), NAME)
        expect(damaged).toEqual([])
        expect(blocks).toBe(lines.length > 0 ? 1 : 0)
        expect(block?.split('\n').slice(1, -2)).toEqual(
          lines.length > 0 ? lines.map(({ address, name }) => `${address} ${name}`) : undefined,
        )
      }),
    )
  })
})

describe('hostsFindings', () => {
  it('has nothing to say about a clean file, before and after', () => {
    expect(hostsFindings('127.0.0.1 localhost\n', WANTED)).toEqual([])
    expect(hostsFindings(hostsText('127.0.0.1 localhost\n', WANTED), WANTED)).toEqual([])
    expect(hostsFindings(`10.0.0.1 ${NAME}\n`, [])).toEqual([])
  })

  it('minds another address, and tells of the same one', () => {
    const findings = hostsFindings(`10.103.97.2 ${NAME}\n10.0.0.1 a ${NAME}\n::1 ${NAME}\n`, WANTED)
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['hosts-foreign-line', 'note'],
      ['hosts-foreign-line', 'error'],
      ['hosts-foreign-line', 'error'],
    ])
    expect(findings[1]?.message).toBe(
      `line 2, "10.0.0.1 a ${NAME}", gives ${NAME} the address 10.0.0.1: but it must be 10.103.97.2`,
    )
    expect(findings[1]?.path).toBe('/etc/hosts')
    expect(findings[1]?.fix).toBe(`Take ${NAME} out of line 2 of /etc/hosts.`)
  })

  it('knows an address however it is written', () => {
    const [finding] = hostsFindings(`fd00:0::2 ${NAME}\n`, [{ address: 'fd00::2', name: NAME }])
    expect(finding?.severity).toBe('note')
  })

  it('minds half a block, each half for itself', () => {
    const findings = hostsFindings(`${END}\na\n${BEGIN}\n`, WANTED)
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['hosts-block-damaged', 'error'],
      ['hosts-block-damaged', 'error'],
    ])
    expect(findings[1]?.message).toContain('line 3, "# BEGIN lvscare-installer: x"')
  })
})
