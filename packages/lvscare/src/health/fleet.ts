import { type Change, Member, type Standing } from './member.ts'
import type { State, Thresholds } from './server-health.ts'
import type { Verdict } from './verdict.ts'

/** Weight of a member by server text; a server that is not in the map is not a member of the rule. */
export type Weights = ReadonlyMap<string, number>

/** Options of a {@link Fleet}. */
export interface FleetOptions extends Thresholds {
  /** Every configured server, by its endpoint text. */
  readonly servers: readonly string[]
  /** The weights found in the kernel at the start; `undefined` when the rule was not there. */
  readonly adopted: Weights | undefined
  /** While no server is healthy: keep the last good set, or remove each server as it is down. */
  readonly allDown: 'keep' | 'remove'
  /** Servers that stopped being good within this many milliseconds of each other failed together: see togetherMs. */
  readonly togetherMs: number
  /** Of a server that is up. @default 1 */
  readonly fullWeight?: number
  /** Monotonic time of the start, in milliseconds. */
  readonly nowMs: number
}

/** All servers of one rule: their verdicts in, the weights they deserve out. Pure: time is a parameter. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #members: ReadonlyMap<string, Member>
  /** The weights found at the start; none where they would leave no server of ours to connect to. */
  readonly #adopted: Weights | undefined
  /** What the servers deserve, each for itself. Made when a verdict changes it, for it is asked for on every pass. */
  #own: Weights
  #held: Weights | undefined
  #allDown: boolean
  /** Who was held when the first server came back, and has not been up or dead since. */
  readonly #awaited = new Set<string>()

  /** Every server begins without a verdict; who is in the adopted rule keeps its weight until there is one. */
  constructor(options: FleetOptions) {
    this.#options = options
    // A rule of strangers alone is no rule of ours: they leave, so everybody has to come at once.
    const { adopted, servers, nowMs, allDown } = options
    const isOurs = (server: string): boolean =>
      // Who wants an empty rule may have left one where nobody takes connections.
      allDown === 'remove' ? adopted?.has(server) === true : (adopted?.get(server) ?? 0) > 0
    this.#adopted = servers.some(isOurs) ? adopted : undefined
    this.#members = new Map(servers.map((server) => [server, new Member(nowMs)]))
    this.#own = this.#ownWeights()
    this.#allDown = !takesConnections(this.#own)
  }

  get #fullWeight(): number {
    return this.#options.fullWeight ?? 1
  }

  /** State of every configured server, in the order in which they were given. */
  states(): ReadonlyMap<string, State> {
    return new Map([...this.#members].map(([server, { state }]) => [server, state]))
  }

  /** Where every configured server stands, in the order in which they were given. */
  standings(): ReadonlyMap<string, Standing> {
    return new Map([...this.#members].map(([server, member]) => [server, member.standing]))
  }

  /** True while no server takes connections: more likely this node is cut off, or the probe is wrong. */
  get allDown(): boolean {
    return this.#allDown
  }

  /** True while the last good set is kept because of that. */
  get holds(): boolean {
    return this.#held !== undefined
  }

  /** Takes one verdict at a monotonic time in milliseconds. */
  record(server: string, verdict: Verdict, nowMs: number): Change {
    const change = this.#member(server).take(verdict, this.#thresholds(server), nowMs)
    const settled = (change.to === 'up' || verdict.outcome === 'dead') && this.#awaited.delete(server)
    return this.#follow(server, change, nowMs, settled)
  }

  /** Its sentinel suspects a server: it gets no new connections until the next verdict. */
  suspect(server: string, nowMs: number): Change {
    return this.#follow(server, this.#member(server).suspect(nowMs), nowMs)
  }

  /** A server that was suspected has answered after all. */
  clear(server: string, nowMs: number): Change {
    return this.#follow(server, this.#member(server).clear(nowMs), nowMs)
  }

  #follow(server: string, change: Change, nowMs: number, settled = false): Change {
    const changed = change.from !== change.to
    if (changed && isGood(change.from))
      this.#member(server).lastGood = { ms: nowMs, weight: this.#own.get(server) ?? 0 }
    if (changed || settled) this.#weigh(server, nowMs)
    return change
  }

  #member(server: string): Member {
    const member = this.#members.get(server)
    if (member === undefined) throw new RangeError(`${server} is not a server of this rule`)
    return member
  }

  /** A guard that begins anew must not forget that a server has to prove itself. */
  #thresholds(server: string): Thresholds {
    const { rise, fall } = this.#options
    return { rise, fall, wasOut: this.#adopted !== undefined && (this.#adopted.get(server) ?? 0) === 0 }
  }

  /** The weights the rule should have now. */
  weights(): Weights {
    return this.#held ?? this.#own
  }

  #weigh(changed: string, nowMs: number): void {
    // Asked of the weights, not of the states: an adopted rule may lack the very server that has no verdict yet.
    this.#allDown = !takesConnections(this.#ownWeights())
    const heldBefore = this.#held
    const holds = this.#allDown && this.#options.allDown !== 'remove'
    this.#held = holds ? (heldBefore ?? this.#lastGoodWeights(nowMs)) : undefined
    this.#await(changed, heldBefore)
    this.#own = this.#ownWeights()
  }

  /**
   * When the first server is back, the others may be too: until each is up or dead it keeps its connections, but gets no
   * new ones.
   */
  #await(returned: string, heldBefore: Weights | undefined): void {
    if (this.#held !== undefined) this.#awaited.clear()
    else for (const server of heldBefore?.keys() ?? []) if (server !== returned) this.#awaited.add(server)
  }

  #ownWeights(): Weights {
    const weights = new Map<string, number>()
    for (const [server, { state }] of this.#members) {
      if (state === 'up') weights.set(server, this.#fullWeight)
      else if (state === 'draining' || this.#awaited.has(server)) weights.set(server, 0)
      else if (state === 'unknown') this.#putInitial(weights, server)
    }
    return weights
  }

  /** An adopted member stays as it was found until there is a verdict on it; a new rule starts with every server. */
  #putInitial(weights: Map<string, number>, server: string): void {
    const weight = this.#adopted === undefined ? this.#fullWeight : this.#adopted.get(server)
    if (weight !== undefined) weights.set(server, weight)
  }

  /** Those that were good until a moment ago, with the weight they had; everybody when that would be nobody. */
  #lastGoodWeights(nowMs: number): Weights {
    const held = new Map<string, number>()
    for (const [server, { lastGood }] of this.#members) {
      if (lastGood === undefined || lastGood.weight === 0) continue
      if (nowMs - lastGood.ms <= this.#options.togetherMs) held.set(server, lastGood.weight)
    }
    return held.size > 0 ? held : new Map(this.#options.servers.map((server) => [server, this.#fullWeight]))
  }
}

function takesConnections(weights: Weights): boolean {
  for (const weight of weights.values()) if (weight > 0) return true
  return false
}

function isGood(state: State): boolean {
  return state === 'up' || state === 'unknown'
}
