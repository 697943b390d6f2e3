import { decodeGenl, Genl, readMessages } from '@lvscare/netlink'
import { GoldenFolder } from '@lvscare/netlink/testing'

/** Every capture of this package. */
export const GOLDEN = new GoldenFolder(new URL('./golden/', import.meta.url))

/** The attributes of the first message of the family that went in that direction. */
export function goldenAttributes(name: string, direction: 'request' | 'answer'): Uint8Array {
  for (const exchange of GOLDEN.read(name).exchanges) {
    if (exchange.direction !== direction) continue
    for (const { type, payload } of readMessages(exchange.bytes)) {
      if (type > Genl.ID_CTRL) return decodeGenl(payload).attributes
    }
  }
  throw new Error(`${name}.hex has no ${direction}`)
}
