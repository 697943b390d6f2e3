import type { RuleWeights } from '../health/rule-weights.ts'
import type { Resets } from './resets.ts'
import { UnderWay } from './under-way.ts'

/** Options of {@link Departures}. */
export interface DeparturesParts {
  readonly rule: RuleWeights
  readonly resets: Resets
  /** Makes the kernel's rule the wanted one. */
  readonly pass: () => void
  /** How many connections the kernel counts for a server; `undefined` when that cannot be seen. */
  readonly connections: (server: string) => number | undefined
  /** How long a server that stops as planned stays for those who are connected, at most, in milliseconds. */
  readonly lingerMs: number
}

/** A server on its way out of the rule. */
interface Departure {
  /** Until when it stays for those who are connected to it; `undefined`: their connections are being seen to. */
  stayUntilMs: number | undefined
}

/**
 * Servers that leave the rule. The table of connections is read before: to delete a server erases who was connected to
 * it. One that stops as planned stays, at weight 0, until its own clients have gone.
 */
export class Departures {
  readonly #parts: DeparturesParts
  readonly #leaving = new Map<string, Departure>()
  readonly #underWay = new UnderWay()

  constructor(parts: DeparturesParts) {
    this.#parts = parts
  }

  /** A server is to leave the rule. */
  leave(server: string, planned: boolean, nowMs: number): void {
    const { rule, resets, lingerMs } = this.#parts
    if (!planned && !resets.enabled) return
    rule.hold(server)
    const departure = { stayUntilMs: planned ? nowMs + lingerMs : undefined }
    this.#leaving.set(server, departure)
    if (!planned) this.#underWay.add(this.#seeOff(server, departure))
  }

  /** A server that was leaving is wanted again. */
  stay(server: string): void {
    if (this.#leaving.delete(server)) this.#parts.rule.letGo(server)
  }

  /** A server that was to be waited for does not answer any more: its clients must not wait either. */
  hurry(server: string): void {
    const departure = this.#leaving.get(server)
    if (departure?.stayUntilMs === undefined) return
    departure.stayUntilMs = undefined
    if (this.#parts.rule.wants(server)) this.stay(server)
    else this.#underWay.add(this.#seeOff(server, departure))
  }

  /** Looks whether those who were waited for have gone. */
  tick(nowMs: number): void {
    for (const [server, { stayUntilMs }] of this.#leaving) {
      if (stayUntilMs === undefined) continue
      if (nowMs >= stayUntilMs || this.#parts.connections(server) === 0) this.hurry(server)
    }
  }

  /** Resolves when nobody is being seen off. */
  async settled(): Promise<void> {
    await this.#underWay.settled()
  }

  async #seeOff(server: string, departure: Departure): Promise<void> {
    const { rule, resets, pass } = this.#parts
    const sockets = await resets.find(new Set([server]))
    // It came back while the table was read: these are connections to a healthy server.
    if (this.#leaving.get(server) !== departure) return
    this.#leaving.delete(server)
    rule.letGo(server)
    if (rule.wants(server)) return
    pass()
    await resets.end(sockets, 'down')
  }
}
