/** Work that goes on beside the passes, and that nobody waits for but a test or the end. */
export class UnderWay {
  readonly #work = new Set<Promise<void>>()

  /** Adds some; it is forgotten when it has ended. A rejection stays one that nobody handles, and so is seen. */
  add(work: Promise<void>): void {
    const kept = work.finally(() => this.#work.delete(kept))
    this.#work.add(kept)
  }

  /** How much of it has not ended. */
  get size(): number {
    return this.#work.size
  }

  /** Resolves when all that was begun until now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#work)
  }
}
