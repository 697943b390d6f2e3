import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'

/** How many nodes are worked on, and when no further one is begun. */
export interface FleetOptions {
  /** Nodes at a time, at most. @default 10 */
  readonly parallel?: number
  /** Failures that do not yet stop the rest. @default 0 */
  readonly maxFailures?: number
  /** Begins no further node. */
  readonly signal?: AbortSignal
}

/** How it went with one node: `skipped` was never begun. */
export type Outcome<N, R> =
  | { readonly node: N; readonly state: 'done'; readonly result: R }
  | { readonly node: N; readonly state: 'failed'; readonly error: unknown; readonly result?: R }
  | { readonly node: N; readonly state: 'skipped' }

/** Nodes that are worked on at a time, unless the caller says otherwise. */
export const DEFAULT_PARALLEL = 10

/** Counts the failures of several rounds over the same nodes. */
export class Failures {
  readonly #most: number
  readonly #signal: AbortSignal | undefined
  #count = 0

  constructor({ maxFailures = 0, signal }: FleetOptions) {
    this.#most = maxFailures
    this.#signal = signal
  }

  add(): void {
    this.#count += 1
  }

  /** No further node is to be begun. */
  get stop(): boolean {
    return this.#count > this.#most || this.#signal?.aborted === true
  }
}

/**
 * Does the same on every node, some at a time; resolves with the outcomes in the order of the nodes, and never rejects.
 *
 * `failed` tells a result that is a failure all the same.
 */
export async function onEach<N, R>(
  nodes: readonly N[],
  work: (node: N) => Promise<R>,
  { parallel = DEFAULT_PARALLEL, failures, failed = () => false }: EachOptions<R>,
): Promise<Outcome<N, R>[]> {
  const limit = pLimit(parallel)
  return await Promise.all(
    nodes.map((node) =>
      limit(async (): Promise<Outcome<N, R>> => {
        if (failures.stop) return { node, state: 'skipped' }
        const outcome = await attempt(node, work, failed)
        if (outcome.state === 'failed') failures.add()
        return outcome
      }),
    ),
  )
}

/** How {@link onEach} goes about it. */
export interface EachOptions<R> {
  readonly parallel?: number
  readonly failures: Failures
  readonly failed?: (result: R) => boolean
}

async function attempt<N, R>(
  node: N,
  work: (node: N) => Promise<R>,
  failed: (result: R) => boolean,
): Promise<Outcome<N, R>> {
  try {
    const result = await work(node)
    if (!failed(result)) return { node, state: 'done', result }
    return { node, state: 'failed', result, error: new Error('it failed; see its result') }
  } catch (error) {
    return { node, state: 'failed', error }
  }
}

/** The signal for one node: the listeners of many nodes on one signal would look like a leak to Node.js. */
export function nodeSignal(signal: AbortSignal | undefined): AbortSignal {
  const own = AbortSignal.any(signal === undefined ? [] : [signal])
  setMaxListeners(0, own)
  return own
}
