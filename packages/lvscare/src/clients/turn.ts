import { setImmediate } from 'node:timers/promises'

/** Lets the event loop turn: whatever else is due is done first. */
export function turn(): Promise<void> {
  return setImmediate()
}
