import { Nftables, type Rtnetlink } from '@lvscare/netlink'
import type { DoctorConfig } from '../../config.ts'
import { MasqueradePiece } from '../../path/masquerade.ts'
import { nodeAddressOf } from '../../path/node-address.ts'
import type { NetworkFacts, Seen } from '../facts.ts'
import { attempt } from './attempt.ts'

/** Looks at links, addresses and the route to the virtual IP. */
export function gatherNetwork({ virtual }: DoctorConfig, routes: Rtnetlink): NetworkFacts {
  const links = routes.links()
  const names = new Map(links.map(({ index, name }) => [index, name]))
  const addresses = routes.addresses().map(({ address, prefixLength, linkIndex }) => ({
    address,
    prefixLength,
    link: names.get(linkIndex) ?? `link ${linkIndex}`,
  }))
  return { links, addresses, entry: routes.match(virtual.address) }
}

/** This node's address, as the guard would find it. */
export function gatherNodeAddress(config: DoctorConfig, routes: Rtnetlink): string {
  return nodeAddressOf(config, routes)()
}

/** What would have to be done for masquerading, as the guard itself would say it. */
export function gatherMasquerade(config: DoctorConfig, node: Seen<string>): Seen<string[]> | undefined {
  const { masquerade, mode, virtual } = config
  if (!masquerade) return undefined
  // As the guard has it: in mode link the node's own connections need it most of all.
  const spared = mode !== 'link' && node.seen ? node.value : undefined
  return attempt(() => {
    const tables = Nftables.open()
    try {
      const steps = new MasqueradePiece(
        () => tables,
        virtual,
        () => spared,
      ).plan()
      return steps.map(({ subject, found }) => `${subject}: ${found}`)
    } finally {
      tables.close()
    }
  })
}
