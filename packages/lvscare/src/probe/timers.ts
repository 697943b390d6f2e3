/** Calls back after a time; the function it returns takes that back. */
export type After = (ms: number, work: () => void) => () => void

/** {@link After} on the real clock; it keeps no process alive. */
export const after: After = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
