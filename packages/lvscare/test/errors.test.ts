import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  IncompleteError,
  LvscareError,
  messageOf,
  NodeAddressError,
  UsageError,
} from '../src/index.ts'

describe('messageOf', () => {
  it.each([
    [new Error('one\ntwo'), 'one two'],
    [new Error('one \r\n  two\n\nthree'), 'one two three'],
    [new Error('one\rtwo\u2028three'), 'one two three'],
    ['text\nthrown', 'text thrown'],
    [undefined, 'undefined'],
    [{ toString: (): string => 'a\nthing' }, 'a thing'],
  ])('puts %j on one line', (error, line) => {
    expect(messageOf(error)).toBe(line)
  })

  it('never gives more than one line', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\t', '\u2028', '\u2029') })
    fc.assert(
      fc.property(text, (message) => {
        expect(messageOf(new Error(message))).not.toMatch(/[\n\r\u2028\u2029]/)
      }),
    )
  })
})

describe('codeOf', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new UsageError('x'), 'ERR_LVSCARE_USAGE'],
    [new Error('x'), undefined],
    [Object.assign(new Error('x'), { code: 20 }), undefined],
    [{ code: 'EFAKE' }, undefined],
    ['text', undefined],
  ])('of %s', (error, code) => {
    expect(codeOf(error)).toBe(code)
  })
})

describe('LvscareError', () => {
  it.each([
    [new UsageError('x'), 'UsageError', 'ERR_LVSCARE_USAGE'],
    [new NodeAddressError('10.0.0.1:6443'), 'NodeAddressError', 'ERR_LVSCARE_NODE_ADDRESS'],
    [new IncompleteError([]), 'IncompleteError', 'ERR_LVSCARE_INCOMPLETE'],
  ])('is the base of %s', (error, name, code) => {
    expect(error).toBeInstanceOf(LvscareError)
    expect(error).toMatchObject({ name, code })
  })
})

describe('NodeAddressError', () => {
  it('names the server and every way out', () => {
    const { message } = new NodeAddressError('10.0.0.1:6443')
    for (const word of ['10.0.0.1:6443', '--ip', 'LVSCARE_NODE_IP', 'lvscare.node.ip'])
      expect(message).toContain(word)
  })
})

describe('IncompleteError', () => {
  it('says every cause on one line and keeps the first', () => {
    const first = new Error('no\nroute')
    const error = new IncompleteError([first, 'no service'])
    expect(error.message).toBe('no route; no service')
    expect(error.cause).toBe(first)
  })
})
