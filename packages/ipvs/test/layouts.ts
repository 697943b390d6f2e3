import { decodeGenl, Genl } from '@lvscare/netlink'
import { ctrlLayouts, type Layouts, type Nest, nameIn } from '@lvscare/netlink/testing'
import { CmdAttr, Command, DestAttr, InfoAttr, StatsAttr, SvcAttr } from '../src/index.ts'

const STATS: Nest = { names: StatsAttr }
const MESSAGE: Nest = {
  names: CmdAttr,
  nests: {
    [CmdAttr.SERVICE]: { names: SvcAttr, nests: { [SvcAttr.STATS]: STATS, [SvcAttr.STATS64]: STATS } },
    [CmdAttr.DEST]: { names: DestAttr, nests: { [DestAttr.STATS]: STATS, [DestAttr.STATS64]: STATS } },
  },
}
const INFO: Nest = { names: InfoAttr }

/** What the messages of the family look like, for annotated golden files. */
export const ipvsLayouts: Layouts = (message) => {
  if (message.type <= Genl.ID_CTRL) return ctrlLayouts(message)
  const { command } = decodeGenl(message.payload)
  const attributes = command === Command.SET_INFO ? INFO : MESSAGE
  return { header: `genlmsghdr: ${nameIn(Command, command)}`, headerBytes: 4, attributes }
}
