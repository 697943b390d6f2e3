import { expect, it } from 'vitest'
import type { Sample } from './sample.ts'
import { flatness } from './verdict.ts'

const STEADY: Sample = {
  ...{ seconds: 0, rssMiB: 60, pssMiB: 30, privateMiB: 20 },
  ...{ descriptors: 28, sockets: 9, threads: 11, kernelMiB: 11 },
}

function samples(change: (n: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 100 }, (_, n) => ({ ...STEADY, seconds: n, ...change(n) }))
}

function grown(change: (n: number) => Partial<Sample>): string[] {
  return flatness(samples(change))
    .filter(({ flat }) => !flat)
    .map(({ what }) => what)
}

it('what stays or comes and goes is flat', () => {
  expect(grown(() => ({}))).toEqual([])
  expect(grown((n) => ({ descriptors: 28 + (n % 7), rssMiB: 60 + (n % 5) }))).toEqual([])
})

it('what a start takes is no growth', () => {
  expect(grown((n) => (n < 20 ? { rssMiB: 50, threads: 7 } : {}))).toEqual([])
})

it('what grows is named', () => {
  expect(grown((n) => ({ rssMiB: 60 + n * 0.1 }))).toEqual(['rssMiB'])
  expect(grown((n) => ({ descriptors: 28 + Math.floor(n / 20) }))).toEqual(['descriptors'])
  expect(grown((n) => ({ threads: 11 + (n > 70 ? 1 : 0) }))).toEqual(['threads'])
})

it('a few samples say nothing', () => {
  expect(() => flatness(samples(() => ({})).slice(0, 8))).toThrow(RangeError)
})
