import type {
  AddressFilter,
  AddressSpec,
  Link,
  LinkAddress,
  LinkKey,
  Route,
  RouteEvents,
  RouteFilter,
  RouteSpec,
  Rtnetlink,
} from '@lvscare/netlink'
import { type Clock, monotonic } from '../time.ts'
import type { LinkTable } from './device.ts'
import type { RouteTable } from './route.ts'

/** What all pieces together use of {@link Rtnetlink}. */
export type PathTable = RouteTable & LinkTable & Pick<Rtnetlink, 'lookup'>

/** What is used of {@link RouteEvents} here. */
export type Announcements = Pick<RouteEvents, 'changed' | 'close'>

/**
 * How long nothing must have been announced before an answer is worth remembering, in milliseconds.
 *
 * The kernel announces a deletion a moment before it makes it (fib_table_delete, __inet_del_ifa): asked in between, it
 * still tells the old state, and no announcement would ever correct that.
 */
const SETTLED_MS = 1000

/**
 * How often an answer is given before it is asked for again, announced or not: every ten seconds or so.
 *
 * Belt and braces, for the little that the kernel does not announce, such as a few settings of a single device.
 */
const MAX_USES = 20

/** When announcements that could not be opened, or failed, are tried again, in milliseconds. */
const REOPEN_MS = 10_000

/**
 * A routing table that remembers what it was asked until the kernel announces a change: an unchanged node then costs one
 * system call for each question instead of two long ones.
 *
 * Still level-triggered: an announcement only says when to look, never what is there. Where there are no announcements,
 * everything is asked for every time.
 */
export class QuietRoutes implements PathTable {
  readonly #table: PathTable
  readonly #open: () => Announcements
  readonly #now: Clock
  readonly #matches = new Map<string, Answer>()
  readonly #lookups = new Map<string, Answer>()
  #events: Announcements | undefined
  #lastChangeMs = 0
  #reopenMs = Number.NEGATIVE_INFINITY

  /** `open` is called when first needed, and again after a failure; it may throw. */
  constructor(table: PathTable, open: () => Announcements, now: Clock = monotonic) {
    this.#table = table
    this.#open = open
    this.#now = now
  }

  /** Stops listening; the table itself is somebody else's to close. */
  close(): void {
    this.#forget()
    this.#events?.close()
    this.#events = undefined
    this.#reopenMs = Number.POSITIVE_INFINITY
  }

  match(address: string): Route | undefined {
    return this.#answer(this.#matches, address, (to) => this.#table.match(to))
  }

  lookup(address: string): Route | undefined {
    return this.#answer(this.#lookups, address, (to) => this.#table.lookup(to))
  }

  routes(filter: RouteFilter): Route[] {
    return this.#table.routes(filter)
  }

  replaceRoute(spec: RouteSpec): void {
    this.#forget()
    this.#table.replaceRoute(spec)
  }

  deleteRoute(spec: RouteSpec): boolean {
    this.#forget()
    return this.#table.deleteRoute(spec)
  }

  link(key: LinkKey): Link | undefined {
    return this.#table.link(key)
  }

  addDummy(name: string): void {
    this.#forget()
    this.#table.addDummy(name)
  }

  setLinkUp(key: LinkKey): void {
    this.#forget()
    this.#table.setLinkUp(key)
  }

  deleteLink(key: LinkKey): boolean {
    this.#forget()
    return this.#table.deleteLink(key)
  }

  addresses(filter?: AddressFilter): LinkAddress[] {
    return this.#table.addresses(filter)
  }

  replaceAddress(spec: AddressSpec): void {
    this.#forget()
    this.#table.replaceAddress(spec)
  }

  deleteAddress(spec: AddressSpec): boolean {
    this.#forget()
    return this.#table.deleteAddress(spec)
  }

  #answer(answers: Map<string, Answer>, address: string, ask: Ask): Route | undefined {
    const isQuiet = this.#isQuiet()
    const known = answers.get(address)
    if (isQuiet && known !== undefined && known.uses < MAX_USES) {
      known.uses += 1
      return known.route
    }
    const route = ask(address)
    if (isQuiet && this.#now() - this.#lastChangeMs >= SETTLED_MS) answers.set(address, { route, uses: 0 })
    return route
  }

  /** True when nothing was announced since the last question; asked before the table, so that no change falls between. */
  #isQuiet(): boolean {
    try {
      this.#events ??= this.#reopen()
      if (this.#events === undefined) return false
      if (!this.#events.changed()) return true
      this.#lastChangeMs = this.#now()
    } catch {
      // No fault of the path: until announcements can be had (again), everything is asked for.
      this.#giveUp()
    }
    this.#forget()
    return false
  }

  #reopen(): Announcements | undefined {
    return this.#now() < this.#reopenMs ? undefined : this.#open()
  }

  #giveUp(): void {
    this.#reopenMs = this.#now() + REOPEN_MS
    const failed = this.#events
    this.#events = undefined
    closeFailed(failed)
  }

  #forget(): void {
    this.#matches.clear()
    this.#lookups.clear()
  }
}

/** What has failed already may refuse even this (EBADF), and is gone all the same. */
function closeFailed(events: Announcements | undefined): void {
  try {
    events?.close()
  } catch {
    return
  }
}

type Ask = (address: string) => Route | undefined

interface Answer {
  /** Undefined when there is no way to the address. */
  readonly route: Route | undefined
  uses: number
}
