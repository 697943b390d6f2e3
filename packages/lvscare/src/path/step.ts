/** The pieces of the path that a pass keeps true, in the order in which they are applied. */
export type PieceName = 'route' | 'service' | 'servers'

/** Every piece, in the order in which they are applied; undone in reverse. */
export const PIECES: readonly PieceName[] = ['route', 'service', 'servers']

/** Kinds of {@link Step}; public in logs and metrics. */
export type StepKind =
  | 'add-route'
  | 'replace-route'
  | 'delete-route'
  | 'add-service'
  | 'set-service'
  | 'delete-service'
  | 'add-server'
  | 'set-server'
  | 'delete-server'

/** One change to the kernel, small enough to log on one line. */
export interface Step {
  readonly piece: PieceName
  readonly kind: StepKind
  /** What is changed: a route, a virtual service or a real server, as text. */
  readonly subject: string
  /** What was found in its place, as text. */
  readonly found: string
  /** Does it; throws what the kernel refuses. */
  readonly apply: () => void
}

/**
 * One part of what makes the virtual IP work. Level-triggered: `plan` looks at the kernel and returns the
 * difference to what is wanted, so that whatever anybody did in between is simply the next difference.
 */
export interface Piece {
  readonly name: PieceName
  /** The steps from what the kernel has to what is wanted; none when they agree. Throws when the kernel cannot be read. */
  plan(): Step[]
  /** The steps that remove what the guard made; none when nothing is left. */
  undo(): Step[]
}
