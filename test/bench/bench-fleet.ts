import { Fleet } from 'lvscare'

/** A fleet with the thresholds of the defaults, which starts with every server. */
export function benchFleet(servers: readonly string[]): Fleet {
  const thresholds = { rise: 1, fall: 1, allDown: 'keep', togetherMs: 1000 } as const
  return new Fleet({ servers, adopted: undefined, ...thresholds, nowMs: performance.now() })
}
