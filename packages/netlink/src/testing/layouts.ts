import { CtrlAttr, CtrlCommand, Genl } from '../genl/constants.ts'
import { type Layouts, nameIn } from './annotate.ts'

/** What the messages of generic netlink's controller look like; undefined for those of its families. */
export const ctrlLayouts: Layouts = ({ type, payload }) => {
  if (type !== Genl.ID_CTRL) return undefined
  const header = `genlmsghdr: ${nameIn(CtrlCommand, payload[0] ?? 0)}`
  return { header, headerBytes: Genl.HEADER_BYTES, attributes: { names: CtrlAttr } }
}
