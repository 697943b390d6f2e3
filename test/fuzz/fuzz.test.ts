import { DecodeError, KernelError } from '@lvscare/netlink'
import { describe, expect, it } from 'vitest'
import { Random } from '../lab/random.ts'
import { CorpusFolder } from './corpus.ts'
import { isDeclared, isDecodeError } from './errors.ts'
import { fuzz } from './run.ts'
import { TARGETS } from './targets.ts'

/** Short: what is long is `npm run fuzz`. */
const SECONDS = 8

describe('inputs that were kept', () => {
  it('are there for every target that has inputs', () => {
    expect(CorpusFolder.names().sort()).toEqual([...TARGETS.keys()].filter((name) => name !== 'guard').sort())
  })

  it.each(CorpusFolder.names())('%s: become what they became', (name) => {
    for (const { input, shape } of CorpusFolder.read(name)) {
      expect({ input, shape: TARGETS.get(name)?.replay(input) }).toEqual({ input, shape })
    }
  })
})

it.each([
  ['a family with a version that fits no header was remembered for ever', 15_965],
  ['a link with index 0 was looked for', 29_480],
  ['an answer without end was listened to for ever', 1761],
  ['a rule of a chain without a name was an error of no package', 15_709_067],
])('a guard that once failed does not any more: %s', (_what, seed) => {
  expect(() => TARGETS.get('guard')?.run(new Random(seed))).not.toThrow()
})

it('a decoder may throw a DecodeError, and no other declared error', () => {
  const decode = new DecodeError('route', '4 bytes', '3 bytes')
  const kernel = new KernelError(1)
  expect([decode, kernel].map((error) => [isDeclared(error), isDecodeError(error)])).toEqual([
    [true, true],
    [true, false],
  ])
})

it('new ones do no harm', () => {
  const { seed } = new Random(Number(process.env['LVSCARE_FUZZ_SEED'] || Date.now()))
  console.log(`fuzz: LVSCARE_FUZZ_SEED=${seed}`)
  const report = fuzz({ seed, seconds: SECONDS })
  expect(report.findings).toEqual([])
  expect(report.total).toBeGreaterThan(1000)
}, 60_000)

it('the same seed makes the same', () => {
  for (const name of ['route', 'hosts'])
    expect(TARGETS.get(name)?.run(new Random(7))).toEqual(TARGETS.get(name)?.run(new Random(7)))
  expect(TARGETS.get('guard')?.run(new Random(8))).toEqual(TARGETS.get('guard')?.run(new Random(8)))
})
