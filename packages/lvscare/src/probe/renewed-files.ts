import { messageOf } from '../errors.ts'

/** What became of files that have changed: they are used now, or cannot be, and the last good ones stay. */
export type RenewalEvent = { readonly kind: 'reloaded' } | { readonly kind: 'failed'; readonly error: string }

/** Options of {@link renewedFiles}. */
export interface RenewedFiles<T> {
  /** What changes whenever one of the files does. */
  readonly stamp: () => string
  /** Reads them; throws when they cannot be used. */
  readonly load: () => T
  readonly report: (event: RenewalEvent) => void
}

/**
 * Reads files, and throws when they cannot be used.
 *
 * The function it returns looks whether a file has changed since, and never throws: what cannot be read leaves the last
 * good ones in use, and `report` is told once.
 */
export function renewedFiles<T>({ stamp, load, report }: RenewedFiles<T>): () => T {
  // Before the files are read: what is written meanwhile is one more change.
  let stamped = stamp()
  let current = load()
  let problem: string | undefined
  const reload = (now: string): void => {
    try {
      current = load()
      stamped = now
      problem = undefined
      report({ kind: 'reloaded' })
    } catch (error) {
      const found = messageOf(error)
      if (found !== problem) report({ kind: 'failed', error: found })
      problem = found
    }
  }
  return () => {
    const now = stamp()
    // As long as they cannot be used they are tried again: certificate and key are seldom replaced in one moment.
    if (now !== stamped || problem !== undefined) reload(now)
    return current
  }
}
