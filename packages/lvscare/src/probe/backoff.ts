/** The first wait for a server that is out, in milliseconds; each further one is twice as long. */
const FIRST_MS = 500

/**
 * How long to wait before a server that is out is probed again: `failures` probes have found it out so far. The wait
 * grows from half a second up to the interval, so that a quick restart is seen soon, and is spread by half, but never beyond
 * the interval, so that a fleet of guards does not come back in one moment. Pure: `random` gives 0 to 1.
 */
export function backoffMs(failures: number, intervalMs: number, random: () => number): number {
  const ms = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), intervalMs)
  const [least, most] = [ms / 2, Math.min(ms * 1.5, intervalMs)]
  return least + (most - least) * random()
}
