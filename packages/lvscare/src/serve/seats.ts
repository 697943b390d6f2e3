/** Somebody who has a seat. */
interface Guest<T> {
  readonly one: T
  readonly peer: string
}

/**
 * A few seats that nobody can keep from others.
 *
 * Who comes always gets one. When there are too few, the peer that has the most gives up the one it has had longest: who
 * holds them all, and says nothing, keeps out nobody but itself.
 */
export class Seats<T> {
  readonly #places: number
  /** In the order in which they came. */
  readonly #guests = new Set<Guest<T>>()

  constructor(places: number) {
    this.#places = places
  }

  get size(): number {
    return this.#guests.size
  }

  /** Seats `one` of a peer; returns who has to go for it, and the function that gives the seat back. */
  sit(one: T, peer: string): { readonly out: T | undefined; readonly leave: () => void } {
    const guest = { one, peer }
    this.#guests.add(guest)
    const leave = (): void => void this.#guests.delete(guest)
    const out = this.#guests.size > this.#places ? this.#oldestOfBusiest() : undefined
    if (out !== undefined) this.#guests.delete(out)
    return { out: out?.one, leave }
  }

  #oldestOfBusiest(): Guest<T> | undefined {
    const counts = new Map<string, number>()
    for (const { peer } of this.#guests) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    const most = Math.max(...counts.values())
    return [...this.#guests].find(({ peer }) => counts.get(peer) === most)
  }
}
