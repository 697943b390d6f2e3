import { type Libc, Nftables } from '@lvscare/netlink'
import { type Exchange, type Golden, GoldenFolder, recordingLibc } from '@lvscare/netlink/testing'
import { masqueradeTable } from '../../packages/lvscare/src/path/masquerade-rule.ts'
import { FakeNft } from '../../packages/netlink/test/nft/fake-nft.ts'
import { CAPTURE } from '../../packages/netlink/test/sockdiag/capture.ts'
import { VIRTUAL_SERVER } from './world.ts'

// Two levels below the root, as this file is: test/dist has the bundle.
const folder = (path: string): GoldenFolder => new GoldenFolder(new URL(`../../${path}/`, import.meta.url))

/** What a real kernel said to our clients, by the package and the name of the capture. */
export const CAPTURES: ReadonlyMap<string, Golden> = new Map<string, Golden>([
  ...captures('netlink', folder('packages/netlink/test/golden')),
  ...captures('ipvs', folder('packages/ipvs/test/golden')),
  ['sockdiag', CAPTURE],
  ['nftables', { kernel: 'fake', command: 'a table that masquerades', exchanges: nftExchanges() }],
])

/** Every datagram of an answer. */
export const ANSWERS: readonly Uint8Array[] = [...CAPTURES.values()].flatMap(({ exchanges }) =>
  exchanges.filter(({ direction }) => direction === 'answer').map(({ bytes }) => bytes),
)

function* captures(name: string, goldens: GoldenFolder): Generator<[string, Golden]> {
  for (const one of goldens.names().sort()) yield [`${name}/${one}`, goldens.read(one)]
}

/** Made and read back: of nf_tables there are no captures, and the fake's answers are what our own codec wrote. */
function nftExchanges(): Exchange[] {
  const log: Exchange[] = []
  const tables = Nftables.open({ libc: recordingLibc(new FakeNft().libc as Libc, log) })
  const table = masqueradeTable(VIRTUAL_SERVER, '192.0.2.1')
  tables.replaceTable(table)
  tables.table(table.family, table.name)
  tables.tables('inet')
  tables.close()
  return log
}
