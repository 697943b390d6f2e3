import { AttributeWriter, CtrlAttr, CtrlCommand, encodeGenl, Genl, type Message } from '@lvscare/netlink'
import { type Reply, reply } from '@lvscare/netlink/testing'

/** An object of a generic netlink family as a fake kernel answers it. */
export function genlObject(
  type: number,
  command: number,
  attributes: Uint8Array,
): Pick<Message, 'type' | 'payload'> {
  return { type, payload: encodeGenl({ command, attributes }, 1) }
}

/** The controller's answer to the look-up of IPVS. */
export function familyReply(id: number): Reply {
  const attributes = new AttributeWriter()
    .text(CtrlAttr.FAMILY_NAME, 'IPVS')
    .u16(CtrlAttr.FAMILY_ID, id)
    .u32(CtrlAttr.VERSION, 1)
    .finish()
  return reply.objects(genlObject(Genl.ID_CTRL, CtrlCommand.NEWFAMILY, attributes))
}
