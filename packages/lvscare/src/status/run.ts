import { askGuard, guardsHere } from '../ask-guard.ts'
import { runStatus, type StatusOptions } from './command.ts'

/** `lvscare status` of this machine, until it is done or stopped by SIGINT or SIGTERM. */
export async function status(options: StatusOptions): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(name))
  await runStatus(options, { stdout: process.stdout, guards: { askGuard, guardsHere } }, stop.signal)
}
