import { putBe16, unsigned } from '../bytes.ts'
import { DecodeError } from '../errors.ts'
import { Nfnl, NftSize } from './constants.ts'

/** `struct nfgenmsg` (family, version 0, resource in network byte order) and the attributes behind it. */
export function encodeNfgen(family: number, resource: number, attributes?: Uint8Array): Uint8Array {
  const header = new Uint8Array(NftSize.NFGENMSG)
  header[0] = unsigned('netfilter family', family, 8)
  putBe16(header, 2, unsigned('netfilter resource', resource, 16))
  return attributes === undefined ? header : Buffer.concat([header, attributes])
}

/** The attributes behind `struct nfgenmsg`; throws {@link DecodeError} when the payload is too short. */
export function nfgenAttributes(payload: Uint8Array): Uint8Array {
  if (payload.length < NftSize.NFGENMSG) {
    throw new DecodeError('nfgenmsg', `${NftSize.NFGENMSG} bytes`, `${payload.length} bytes`)
  }
  return payload.subarray(NftSize.NFGENMSG)
}

/** The message type of an `NFT_MSG_*` number. */
export function nftType(message: number): number {
  return (Nfnl.SUBSYS_NFTABLES << 8) | message
}
