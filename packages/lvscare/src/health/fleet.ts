import {
  judge,
  needsConfirmation,
  type ServerHealth,
  type State,
  type Thresholds,
  UNKNOWN,
} from './server-health.ts'
import type { Verdict } from './verdict.ts'

/** Weight of a member by server text; a server that is not in the map is not a member of the rule. */
export type Weights = ReadonlyMap<string, number>

/** Options of a {@link Fleet}. */
export interface FleetOptions extends Thresholds {
  /** Every configured server, by its endpoint text. */
  readonly servers: readonly string[]
  /** The weights found in the kernel at the start; `undefined` when the rule was not there. */
  readonly adopted: Weights | undefined
  /**
   * Servers that stopped being good within this many milliseconds of each other failed together.
   * One full round of probes: interval, time limit and confirming probe.
   */
  readonly togetherMs: number
}

/** What one verdict changed. */
export interface Change {
  readonly from: State
  readonly to: State
  /** The server should be probed again at once, on a new connection. */
  readonly confirm: boolean
}

/** All servers of one rule: their verdicts in, the weights they deserve out. Pure: time is a parameter. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #health: Map<string, ServerHealth>
  /** When each server was last good (up, or not judged yet), and with which weight. */
  readonly #lastGood = new Map<string, { readonly ms: number; readonly weight: number }>()
  /** The weights found at the start; none where they would leave no server of ours to connect to. */
  readonly #adopted: Weights | undefined
  #held: Weights | undefined
  /** Who was held when the first server came back, and has not been judged since. */
  readonly #awaited = new Set<string>()

  constructor(options: FleetOptions) {
    this.#options = options
    // A rule of strangers alone is no rule of ours: they leave, so everybody has to come at once.
    const { adopted, servers } = options
    this.#adopted = servers.some((server) => (adopted?.get(server) ?? 0) > 0) ? adopted : undefined
    this.#health = new Map(options.servers.map((server) => [server, UNKNOWN]))
  }

  /** State of every configured server, in the order in which they were given. */
  states(): ReadonlyMap<string, State> {
    return new Map([...this.#health].map(([server, { state }]) => [server, state]))
  }

  /** True while no server is healthy: more likely this node is cut off, or the probe is wrong. */
  get allDown(): boolean {
    return this.#held !== undefined
  }

  /** Takes one verdict at a monotonic time in milliseconds. */
  record(server: string, verdict: Verdict, nowMs: number): Change {
    const before = this.#health.get(server)
    if (before === undefined) throw new RangeError(`${server} is not a server of this rule`)
    const after = judge(before, verdict, this.#options)
    if (isGood(before)) this.#lastGood.set(server, { ms: nowMs, weight: this.#ownWeights().get(server) ?? 0 })
    this.#health.set(server, after)
    this.#awaited.delete(server)
    const heldBefore = this.#held
    // Asked of the weights, not of the states: an adopted rule may lack the very server that has no verdict yet.
    this.#held = takesConnections(this.#ownWeights())
      ? undefined
      : (this.#held ?? this.#lastGoodWeights(nowMs))
    this.#await(server, heldBefore)
    return { from: before.state, to: after.state, confirm: needsConfirmation(after) }
  }

  /**
   * When the first server is back, the others may be too: until each has been asked again it keeps its connections,
   * but gets no new ones.
   */
  #await(returned: string, heldBefore: Weights | undefined): void {
    if (this.#held !== undefined) this.#awaited.clear()
    else for (const server of heldBefore?.keys() ?? []) if (server !== returned) this.#awaited.add(server)
  }

  /** The weights the rule should have now. */
  weights(): Weights {
    return this.#held ?? this.#ownWeights()
  }

  #ownWeights(): Weights {
    const weights = new Map<string, number>()
    for (const [server, { state }] of this.#health) {
      if (state === 'up') weights.set(server, 1)
      else if (state === 'draining' || this.#awaited.has(server)) weights.set(server, 0)
      else if (state === 'unknown') this.#putInitial(weights, server)
    }
    return weights
  }

  /** An adopted member stays as it was found until there is a verdict on it; a new rule starts with every server. */
  #putInitial(weights: Map<string, number>, server: string): void {
    const weight = this.#adopted === undefined ? 1 : this.#adopted.get(server)
    if (weight !== undefined) weights.set(server, weight)
  }

  /** Those that were good until a moment ago, with the weight they had; everybody when that would be nobody. */
  #lastGoodWeights(nowMs: number): Weights {
    const held = new Map<string, number>()
    for (const [server, { ms, weight }] of this.#lastGood) {
      if (nowMs - ms <= this.#options.togetherMs && weight > 0) held.set(server, weight)
    }
    return held.size > 0 ? held : new Map(this.#options.servers.map((server) => [server, 1]))
  }
}

function takesConnections(weights: Weights): boolean {
  return [...weights.values()].some((weight) => weight > 0)
}

function isGood({ state }: ServerHealth): boolean {
  return state === 'up' || state === 'unknown'
}
