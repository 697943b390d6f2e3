import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is true; throws with `what` when it is not within `limitMs`. */
export async function until(what: string, ask: () => boolean, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs
  while (!ask()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
    await delay(2)
  }
}
