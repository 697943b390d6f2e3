import type { Fleet, Weights } from './fleet.ts'
import { ramped } from './slow-start.ts'

/** Options of {@link RuleWeights}. */
export interface RuleWeightsOptions {
  /** How long a server that comes back takes to get its full weight; `undefined`: it gets it at once. */
  readonly slowStartMs: number | undefined
}

/**
 * The weights that the rule is to have: what the servers deserve, without those on their way back getting everything at
 * once, and with those who leave until their connections are seen to. Pure: time is a parameter.
 */
export class RuleWeights {
  readonly #fleet: Pick<Fleet, 'weights' | 'standings'>
  readonly #slowStartMs: number | undefined
  readonly #leaving = new Set<string>()

  /** Without `slowStartMs` a weight is what the fleet says. */
  constructor(fleet: Pick<Fleet, 'weights' | 'standings'>, { slowStartMs }: RuleWeightsOptions) {
    this.#fleet = fleet
    this.#slowStartMs = slowStartMs
  }

  /** Keeps a server in the rule that is to leave it: at weight 0, so that its connections can be told apart. */
  hold(server: string): void {
    this.#leaving.add(server)
  }

  /** True for a server that is to be a member for its own sake. */
  wants(server: string): boolean {
    return this.#fleet.weights().has(server)
  }

  /** Lets it go. */
  letGo(server: string): void {
    this.#leaving.delete(server)
  }

  /** The weights at a monotonic time in milliseconds; a server that is not in the map is to be no member. */
  at(nowMs: number): Weights {
    const own = this.#fleet.weights()
    const wanted =
      this.#slowStartMs === undefined ? own : ramped(own, this.#fleet.standings(), this.#slowStartMs, nowMs)
    const leaving = [...this.#leaving].filter((server) => !wanted.has(server))
    return leaving.length === 0 ? wanted : new Map([...wanted, ...leaving.map((one) => [one, 0] as const)])
  }
}
