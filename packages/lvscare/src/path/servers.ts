import type { DestinationEntry, Ipvs, NewDestination } from '@lvscare/ipvs'
import { type Endpoint, endpointText } from '../endpoint.ts'
import type { Weights } from '../health/fleet.ts'
import { serviceKey } from './service.ts'
import type { Piece, Step, StepKind } from './step.ts'

/** What is used of {@link Ipvs} here, so that a test can hand in a table in memory. */
export type DestinationTable = Pick<
  Ipvs,
  'destinations' | 'addDestination' | 'setDestination' | 'deleteDestination'
>

/** A change to the members of the rule. */
export interface MemberChange {
  readonly kind: Extract<StepKind, 'add-server' | 'set-server' | 'delete-server'>
  readonly member: NewDestination & { readonly weight: number }
  /** What the kernel has for it now. */
  readonly found: DestinationEntry | undefined
}

/** The wanted members by server text, with where they are. */
export interface Wanted {
  readonly servers: readonly Endpoint[]
  readonly weights: Weights
}

/**
 * The changes from the observed members to the wanted ones; none when they agree.
 *
 * Who leaves is drained first: this pass sets its weight to 0, and the next one, which finds it so, deletes it.
 */
export function planMembers(wanted: Wanted, observed: readonly DestinationEntry[]): MemberChange[] {
  const found = new Map(observed.map((entry) => [endpointText(entry.address, entry.port), entry]))
  const changes: MemberChange[] = []
  for (const { address, port, text } of wanted.servers) {
    const weight = wanted.weights.get(text)
    if (weight === undefined) continue
    const member = { address, port, forward: 'masq', weight } as const
    const entry = found.get(text)
    if (entry === undefined) changes.push({ kind: 'add-server', member, found: entry })
    else if (!agrees(entry, weight)) changes.push({ kind: 'set-server', member, found: entry })
  }
  for (const [text, entry] of found) {
    if (!wanted.weights.has(text)) changes.push(leaving(entry))
  }
  return changes
}

/** Not sameDestination of @lvscare/ipvs: that copies both sides to fill in defaults, and this runs for every server on every pass. */
function agrees(entry: DestinationEntry, weight: number): boolean {
  const { forward, upperThreshold, lowerThreshold } = entry
  return entry.weight === weight && forward === 'masq' && upperThreshold === 0 && lowerThreshold === 0
}

function leaving(entry: DestinationEntry): MemberChange {
  const member = { ...entry, weight: 0 }
  return { kind: entry.weight > 0 ? 'set-server' : 'delete-server', member, found: entry }
}

/** The real servers of the virtual service. */
export class ServersPiece implements Piece {
  readonly name = 'servers'
  readonly #table: DestinationTable
  readonly #virtual: Endpoint
  readonly #wanted: () => Wanted
  /** What was wanted the last time, and who was drained then because it leaves. */
  #before: Weights | undefined
  readonly #leaving = new Set<string>()

  /** `wanted` is asked anew at every look. */
  constructor(table: DestinationTable, virtual: Endpoint, wanted: () => Wanted) {
    this.#table = table
    this.#virtual = virtual
    this.#wanted = wanted
  }

  plan(): Step[] {
    const observed = this.#table.destinations(serviceKey(this.#virtual))
    // The piece before this one could not make the service, and has said why: there is nothing to be a member of.
    if (observed === undefined) return []
    const wanted = this.#wanted()
    const steps = planMembers(wanted, observed).map((change) => this.#step(change, wanted.weights))
    this.#before = wanted.weights
    return steps
  }

  /** The service takes its members with it. */
  undo(): Step[] {
    return []
  }

  #step({ kind, member, found }: MemberChange, wanted: Weights): Step {
    const subject = endpointText(member.address, member.port)
    return {
      piece: this.name,
      kind,
      wantedChanged: this.#isOurs(kind, subject, wanted),
      subject: kind === 'delete-server' ? subject : `${subject} weight ${member.weight}`,
      found: found === undefined ? 'nothing' : `${found.forward} weight ${found.weight}`,
      apply: () => this.#apply(kind, member),
    }
  }

  /** True for what follows from a verdict, and for the second half of a leave; false for what somebody else broke. */
  #isOurs(kind: MemberChange['kind'], server: string, wanted: Weights): boolean {
    if (kind === 'delete-server' && this.#leaving.delete(server)) return true
    if (kind === 'set-server' && !wanted.has(server)) this.#leaving.add(server)
    return this.#before === undefined || this.#before.get(server) !== wanted.get(server)
  }

  #apply(kind: MemberChange['kind'], member: NewDestination): void {
    const service = serviceKey(this.#virtual)
    if (kind === 'add-server') this.#table.addDestination(service, member)
    else if (kind === 'set-server') this.#table.setDestination(service, member)
    else this.#table.deleteDestination(service, member)
  }
}
