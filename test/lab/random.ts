/** Chance that comes again: the same seed makes the same choices. */
export class Random {
  /** Print it: whoever gives it again sees the same run. */
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed >>> 0
    // Near seeds must not begin alike, and a state of zero would stay zero.
    this.#state = Math.imul(this.seed ^ 0x5bd1e995, 0x9e3779b1) >>> 0 || 1
    for (let n = 0; n < 8; n += 1) this.next()
  }

  /** From the environment (`LVSCARE_SEED`), or a new one. */
  static fromEnvironment(): Random {
    const given = process.env['LVSCARE_SEED']
    return new Random(given === undefined ? Date.now() : Number(given))
  }

  /** 0 up to, but not including, 1. */
  next(): number {
    // Marsaglia's xorshift of 32 bits: enough to shuffle a test.
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state / 2 ** 32
  }

  /** A number from `low` up to, but not including, `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.next() * choices.length)]
    if (chosen === undefined) throw new RangeError('nothing to pick from')
    return chosen
  }

  /** True that often. */
  chance(probability: number): boolean {
    return this.next() < probability
  }
}
