import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildStaticPod } from '../../src/pod/static-pod.ts'
import { toYaml, yamlText } from '../../src/pod/yaml.ts'
import { guardedConfigs, nastyText } from './configs.ts'
import { HAS_OTHER_READER, otherReader } from './reader.ts'

describe('yamlText', () => {
  it.each([
    ['--rs', '--rs'],
    ['10.103.97.2:6443', '10.103.97.2:6443'],
    ['/healthz', '/healthz'],
    ['[::1]:6443', '"[::1]:6443"'],
    ['off', '"off"'],
    ['Y', '"Y"'],
    ['5', '"5"'],
    ['0.5', '"0.5"'],
    ['5s', '5s'],
    ['1e3', '"1e3"'],
    ['1_000', '"1_000"'],
    ['0o17', '"0o17"'],
    ['017', '"017"'],
    ['1:30', '"1:30"'],
    ['2001-01-01', '"2001-01-01"'],
    ['null', '"null"'],
    ['~', '"~"'],
    ['', '""'],
    ['a:', '"a:"'],
    ['a b', '"a b"'],
    ['---', '"---"'],
    ['-1', '"-1"'],
    ['a\nb', '"a\\nb"'],
    ['ä\u2028😀', '"\\u00e4\\u2028\\U0001f600"'],
  ])('writes %j as %s', (text, written) => {
    expect(yamlText({ a: [text] })).toBe(`a:\n- ${written}\n`)
  })

  it('sorts the keys, unless it is told not to', () => {
    expect(yamlText({ b: 1, a: { d: true, c: null } })).toBe('a:\n  c: null\n  d: true\nb: 1\n')
    expect(yamlText({ b: 1, a: {} }, { sorted: false })).toBe('b: 1\na: {}\n')
  })

  it('is read back by whatever version of YAML', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nastyText, fc.string(), fc.string({ unit: 'grapheme' }))), (texts) => {
        const data = { list: texts, map: Object.fromEntries(texts.map((text, index) => [`k${index}`, text])) }
        for (const version of ['1.1', '1.2'] as const)
          expect(parse(yamlText(data), { version })).toEqual(data)
      }),
      { numRuns: 500 },
    )
  })

  it.skipIf(!HAS_OTHER_READER)('is read back by another reader', () => {
    const texts = fc.sample(fc.oneof(nastyText, fc.string(), fc.string({ unit: 'grapheme' })), 2000)
    expect(otherReader(yamlText({ texts }))).toEqual({ texts })
  })
})

describe('toYaml', () => {
  it('is the same bytes whatever the order of the fields', () => {
    fc.assert(
      fc.property(guardedConfigs, (config) => {
        const pod = buildStaticPod(config)
        const text = toYaml(pod)
        expect(toYaml(reversed(pod))).toBe(text)
        expect(text.endsWith('\n') && !text.includes('\r') && !text.startsWith('-')).toBe(true)
      }),
    )
  })
})

/** The same data with the keys of every object the other way round. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, one]) => [key, reversed(one)]),
  ) as T
}
