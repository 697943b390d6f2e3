import { exec } from './exec.ts'
import type { TestHost } from './hosts.ts'

/** What a bad network does to every packet, in each direction. */
export interface Weather {
  readonly lossPercent: number
  readonly delayMs: number
}

/** Makes the cable of a host bad, at both of its ends. */
export function spoil(host: TestHost, { lossPercent, delayMs }: Weather): void {
  // More packets under way than the usual 1000 are none of the weather's business.
  const rule = ['root', 'netem', 'limit', '100000', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`]
  exec('tc', 'qdisc', 'replace', 'dev', host.cable, ...rule)
  host.run('tc', 'qdisc', 'replace', 'dev', 'eth0', ...rule)
}
