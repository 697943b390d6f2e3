import { setTimeout as delay } from 'node:timers/promises'

/** Asks again and again until there is an answer; throws with `what` when there is none within `limitMs`. */
export async function waitFor<T>(
  what: string,
  limitMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
    await delay(5)
  }
}
