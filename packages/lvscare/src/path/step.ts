/** The pieces of the path that a pass keeps true, in the order in which they are applied. */
export type PieceName = 'modules' | 'sysctls' | 'device' | 'route' | 'masquerade' | 'service' | 'servers'

/** Every piece, in the order in which they are applied; undone in reverse. */
export const PIECES: readonly PieceName[] = [
  'modules',
  'sysctls',
  'device',
  'route',
  'masquerade',
  'service',
  'servers',
]

/** Kinds of {@link Step}; public in logs and metrics. */
export type StepKind =
  | 'load-module'
  | 'set-sysctl'
  | 'add-device'
  | 'set-device-up'
  | 'delete-device'
  | 'add-address'
  | 'delete-address'
  | 'set-masquerade'
  | 'delete-masquerade'
  | 'add-route'
  | 'replace-route'
  | 'delete-route'
  | 'add-service'
  | 'set-service'
  | 'delete-service'
  | 'add-server'
  | 'set-server'
  | 'delete-server'

/** Which steps a piece can take. */
export const STEP_KINDS: Readonly<Record<PieceName, readonly StepKind[]>> = {
  modules: ['load-module'],
  sysctls: ['set-sysctl'],
  device: ['add-device', 'set-device-up', 'delete-device', 'add-address', 'delete-address'],
  route: ['add-route', 'replace-route', 'delete-route'],
  masquerade: ['set-masquerade', 'delete-masquerade'],
  service: ['add-service', 'set-service', 'delete-service'],
  servers: ['add-server', 'set-server', 'delete-server'],
}

/** One change to the kernel, small enough to log on one line. */
export interface Step {
  readonly piece: PieceName
  readonly kind: StepKind
  /** What is changed: a route, a virtual service or a real server, as text. */
  readonly subject: string
  /** What was found in its place, as text. */
  readonly found: string
  /** True when what is wanted has changed; otherwise somebody broke something, and this mends it. */
  readonly wantedChanged?: boolean
  /** True when the path works without it, only not as well: failing, it makes nobody give up. */
  readonly optional?: boolean
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
