import type { Link, LinkAddress, Rtnetlink } from '@lvscare/netlink'
import type { Endpoint } from '../endpoint.ts'
import { DeviceTakenError } from '../errors.ts'
import { hostPrefix } from './route.ts'
import type { Piece, Step, StepKind } from './step.ts'

/** What is used of {@link Rtnetlink} here, so that a test can hand in links in memory. */
export type LinkTable = Pick<
  Rtnetlink,
  | 'link'
  | 'addDummy'
  | 'setLinkUp'
  | 'deleteLink'
  | 'addresses'
  | 'replaceAddress'
  | 'deleteAddress'
  | 'match'
>

/**
 * The dummy device of mode `link`, with the virtual IP on it.
 *
 * The node's own connections to the virtual IP then come from that very address, so this mode always masquerades.
 */
export class DevicePiece implements Piece {
  readonly name = 'device'
  readonly #table: LinkTable
  readonly #virtual: Endpoint
  readonly #device: string

  /** `device` is the name of the dummy device that carries the virtual IP. */
  constructor(table: LinkTable, virtual: Endpoint, device: string) {
    this.#table = table
    this.#virtual = virtual
    this.#device = device
  }

  plan(): Step[] {
    const link = this.#table.link(this.#device)
    if (link === undefined) return [this.#add(), this.#addAddress('nothing')]
    if (link.kind !== 'dummy') throw new DeviceTakenError(this.#device, link.kind ?? 'hardware')
    return [
      ...(link.up ? [] : [this.#step('set-device-up', this.#device, 'down', () => this.#up())]),
      ...(this.#hasAddress(link) ? [] : [this.#addAddress('no such address')]),
    ]
  }

  /** The device goes unless somebody put another address on it; one that has not our address is not ours. */
  undo(): Step[] {
    const link = this.#table.link(this.#device)
    if (link?.kind !== 'dummy') return []
    const addresses = this.#table.addresses({ linkIndex: link.index }).filter(isGiven)
    if (!addresses.some((one) => this.#isVirtual(one))) return []
    const found = describe(link, addresses)
    if (addresses.length === 1)
      return [this.#step('delete-device', this.#device, found, () => void this.#table.deleteLink(link.index))]
    const apply = (): void =>
      void this.#table.deleteAddress({ linkIndex: link.index, address: this.#virtual.address })
    return [this.#step('delete-address', this.#onDevice(), found, apply)]
  }

  /** The address may be there without the route that the kernel made for it: then nothing comes to it. */
  #hasAddress({ index }: Link): boolean {
    const { family, address } = this.#virtual
    if (!this.#table.addresses({ linkIndex: index, family }).some((one) => this.#isVirtual(one))) return false
    const route = this.#table.match(address)
    return route?.type === 'local' && route.destination === hostPrefix(this.#virtual)
  }

  #isVirtual({ address }: LinkAddress): boolean {
    return address === this.#virtual.address
  }

  #add(): Step {
    return this.#step('add-device', this.#device, 'nothing', () => {
      this.#table.addDummy(this.#device)
      this.#up()
    })
  }

  #up(): void {
    this.#table.setLinkUp(this.#device)
  }

  /** Set anew, not only set: the kernel makes the route along with the address, and only then. */
  #addAddress(found: string): Step {
    return this.#step('add-address', this.#onDevice(), found, () => {
      const link = this.#table.link(this.#device)
      if (link === undefined) throw new DeviceTakenError(this.#device, 'gone')
      const spec = { linkIndex: link.index, address: this.#virtual.address }
      this.#table.deleteAddress(spec)
      this.#table.replaceAddress(spec)
    })
  }

  #onDevice(): string {
    return `${hostPrefix(this.#virtual)} dev ${this.#device}`
  }

  #step(kind: StepKind, subject: string, found: string, apply: () => void): Step {
    return { piece: this.name, kind, subject, found, apply }
  }
}

/** Not one that the kernel gives to every link. */
function isGiven({ scope }: LinkAddress): boolean {
  return scope !== 'link'
}

function describe(link: Link, addresses: readonly LinkAddress[]): string {
  return [link.kind, link.up ? 'up' : 'down', ...addresses.map(({ address }) => address)].join(' ')
}
