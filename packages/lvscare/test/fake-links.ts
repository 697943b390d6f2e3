import type { AddressFilter, AddressSpec, Link, LinkAddress, LinkKey, Route } from '@lvscare/netlink'
import type { LinkTable } from '../src/path/device.ts'

/** Links and their addresses in memory; an address on a link that is up brings its local route, as in the kernel. */
export class FakeLinks implements LinkTable {
  readonly links: Link[] = []
  readonly given: LinkAddress[] = []
  /** Addresses whose route somebody has deleted. */
  readonly withoutRoute = new Set<string>()

  link(key: LinkKey): Link | undefined {
    return this.links.find(({ name, index }) => name === key || index === key)
  }

  addDummy(name: string, kind = 'dummy'): void {
    this.links.push({ index: this.links.length + 2, name, kind, mtu: 1500, up: false, loopback: false })
  }

  setLinkUp(key: LinkKey): void {
    this.#change(key, true)
  }

  setLinkDown(key: LinkKey): void {
    this.#change(key, false)
  }

  deleteLink(key: LinkKey): boolean {
    const at = this.links.findIndex(({ name, index }) => name === key || index === key)
    const [gone] = at < 0 ? [] : this.links.splice(at, 1)
    this.#drop(({ linkIndex }) => linkIndex === gone?.index)
    return at >= 0
  }

  addresses({ family, linkIndex }: AddressFilter = {}): LinkAddress[] {
    return this.given.filter(
      (one) => one.family === (family ?? one.family) && one.linkIndex === (linkIndex ?? one.linkIndex),
    )
  }

  replaceAddress({ linkIndex, address }: AddressSpec): void {
    const family = address.includes(':') ? 'inet6' : 'inet'
    this.deleteAddress({ linkIndex, address })
    const prefixLength = family === 'inet' ? 32 : 128
    this.given.push({ family, linkIndex, address, prefixLength, scope: 'universe', flags: 0 })
    this.withoutRoute.delete(address)
  }

  deleteAddress({ linkIndex, address }: AddressSpec): boolean {
    return this.#drop((one) => one.linkIndex === linkIndex && one.address === address)
  }

  match(address: string): Route | undefined {
    const found = this.given.find((one) => one.address === address)
    if (found === undefined || this.withoutRoute.has(address)) return undefined
    const { family, linkIndex, prefixLength } = found
    const destination = `${address}/${prefixLength}`
    return {
      family,
      destination,
      table: 255,
      type: 'local',
      scope: 'host',
      protocol: 2,
      outputLink: linkIndex,
    }
  }

  #change(key: LinkKey, up: boolean): void {
    const link = this.link(key)
    if (link !== undefined) this.links.splice(this.links.indexOf(link), 1, { ...link, up })
  }

  #drop(matches: (one: LinkAddress) => boolean): boolean {
    const before = this.given.length
    const left = this.given.filter((one) => !matches(one))
    this.given.splice(0, before, ...left)
    return left.length < before
  }
}
