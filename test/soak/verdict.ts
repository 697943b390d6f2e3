import { median } from '../bench/stats.ts'
import type { Sample } from './sample.ts'

/** How much of the time belongs to caches and the compiler. */
const WARM_UP = 0.2

/** What may have grown from the first third behind that to the last, as medians: by this factor and, beside it, by this much. */
const BOUNDS = {
  rssMiB: { factor: 1.05, more: 1 },
  pssMiB: { factor: 1.05, more: 1 },
  privateMiB: { factor: 1.05, more: 1 },
  descriptors: { factor: 1, more: 1 },
  sockets: { factor: 1, more: 1 },
  threads: { factor: 1, more: 0 },
} as const satisfies Partial<Record<keyof Sample, { factor: number; more: number }>>

/** One thing that must stay flat. */
export interface Flatness {
  readonly what: string
  readonly first: number
  readonly last: number
  readonly most: number
  readonly allowed: number
  readonly flat: boolean
}

/** Compares the last third of the samples with the first, each behind the warm-up; throws without enough of them. */
export function flatness(samples: readonly Sample[]): Flatness[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const third = Math.floor(warm.length / 3)
  if (third < 3) throw new RangeError(`${samples.length} samples say nothing`)
  return (Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]).map((what) => {
    const values = warm.map((one) => one[what])
    const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))]
    const { factor, more } = BOUNDS[what]
    const allowed = Number((first * factor + more).toFixed(2))
    return { what, first, last, most: Math.max(...values), allowed, flat: last <= allowed }
  })
}
