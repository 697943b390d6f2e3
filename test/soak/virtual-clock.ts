/** Takes the place of the clock that never jumps: hours pass as fast as they are told to. */
export class VirtualClock {
  readonly #real = performance.now.bind(performance)
  #nowMs: number

  constructor() {
    this.#nowMs = this.#real()
    performance.now = () => this.#nowMs
  }

  /** Time passes. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** The real clock is back. */
  restore(): void {
    performance.now = this.#real
  }
}
