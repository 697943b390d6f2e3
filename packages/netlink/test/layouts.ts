import { IfaAttr, IflaAttr, IflaInfoAttr, RtAttr, RtmType, RtSize } from '../src/index.ts'
import { type Layout, type Layouts, nameIn } from '../src/testing/index.ts'

const LINK: Omit<Layout, 'header'> = {
  headerBytes: RtSize.IFINFOMSG,
  attributes: { names: IflaAttr, nests: { [IflaAttr.LINKINFO]: { names: IflaInfoAttr } } },
}
const ADDRESS: Omit<Layout, 'header'> = { headerBytes: RtSize.IFADDRMSG, attributes: { names: IfaAttr } }
const ROUTE: Omit<Layout, 'header'> = { headerBytes: RtSize.RTMSG, attributes: { names: RtAttr } }

/** What the messages of rtnetlink look like, for annotated golden files. */
export const rtnlLayouts: Layouts = ({ type }) => {
  const name = nameIn(RtmType, type)
  if (name.endsWith('LINK')) return { ...LINK, header: `ifinfomsg: ${name}` }
  if (name.endsWith('ADDR')) return { ...ADDRESS, header: `ifaddrmsg: ${name}` }
  return name.endsWith('ROUTE') ? { ...ROUTE, header: `rtmsg: ${name}` } : undefined
}
