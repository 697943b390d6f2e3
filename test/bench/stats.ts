/** The middle of the values; benchmarks compare medians, because emulation has outliers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('the median of nothing')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** One result against what was promised. */
export interface Result {
  readonly what: string
  readonly ours: string
  readonly rival: string
  readonly ratio: number
  /** `at least` for a ratio that should be large, `at most` for one that should be small. */
  readonly rule: 'at least' | 'at most'
  readonly target: number
}

/** Growth of resident memory, from samples in MiB: the last quarter against the first. */
export function trend(what: string, samples: readonly number[]): Result {
  const quarter = Math.floor(samples.length / 4)
  const [first, last] = [median(samples.slice(0, quarter)), median(samples.slice(-quarter))]
  return {
    what: `${what}, last quarter against first`,
    ours: `${last.toFixed(1)} MiB`,
    rival: `${first.toFixed(1)} MiB`,
    ratio: last / first,
    rule: 'at most',
    target: 1.05,
  }
}

/** True when the promise is kept. */
export function kept({ ratio, rule, target }: Result): boolean {
  return rule === 'at least' ? ratio >= target : ratio <= target
}

/** The results as a Markdown table. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { what, ours, rival, ratio, rule, target } = result
    return `| ${what} | ${ours} | ${rival} | ${ratio.toFixed(2)} | ${rule} ${target} | ${kept(result) ? 'kept' : 'MISSED'} |`
  })
  return [
    '| what | ours | rival | ratio | promised | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
