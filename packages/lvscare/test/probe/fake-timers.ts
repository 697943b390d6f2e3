import type { After } from '../../src/probe/timers.ts'

/** A clock that stands still until it is told, and what is to happen on it. */
export class FakeTimers {
  nowMs = 0
  readonly #due: { readonly atMs: number; readonly work: () => void }[] = []

  readonly after: After = (ms, work) => {
    const one = { atMs: this.nowMs + ms, work }
    this.#due.push(one)
    return () => {
      const at = this.#due.indexOf(one)
      if (at >= 0) this.#due.splice(at, 1)
    }
  }

  readonly clock = (): number => this.nowMs

  /** How much is still to happen. */
  get pending(): number {
    return this.#due.length
  }

  /** Lets time pass; everything happens in its order, at its time. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms
    for (;;) {
      const next = this.#due.reduce((a, b) => (b.atMs < a.atMs ? b : a), {
        atMs: endMs + 1,
        work: () => undefined,
      })
      if (next.atMs > endMs) break
      this.#due.splice(this.#due.indexOf(next), 1)
      this.nowMs = next.atMs
      next.work()
    }
    this.nowMs = endMs
  }
}
